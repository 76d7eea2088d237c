//! Addresses by which somebody could be reached or lured: web, mail, handles, numbers.

use unicode_normalization::UnicodeNormalization;

use crate::sanitize::is_invisible;

/// Endings of web addresses that are longer than a country's two letters.
const ENDINGS: &[&str] = &[
    "academy",
    "adult",
    "aero",
    "agency",
    "app",
    "asia",
    "best",
    "bet",
    "bid",
    "biz",
    "blog",
    "buzz",
    "casino",
    "cat",
    "chat",
    "click",
    "cloud",
    "club",
    "com",
    "company",
    "coop",
    "dating",
    "design",
    "dev",
    "digital",
    "direct",
    "download",
    "edu",
    "email",
    "expert",
    "fit",
    "fun",
    "games",
    "gov",
    "group",
    "guru",
    "host",
    "icu",
    "info",
    "int",
    "jobs",
    "life",
    "link",
    "live",
    "loan",
    "love",
    "ltd",
    "market",
    "media",
    "mil",
    "mobi",
    "money",
    "mov",
    "museum",
    "name",
    "net",
    "network",
    "news",
    "ninja",
    "one",
    "online",
    "onion",
    "org",
    "page",
    "plus",
    "poker",
    "porn",
    "press",
    "pro",
    "pub",
    "racing",
    "report",
    "review",
    "sale",
    "services",
    "sex",
    "shop",
    "site",
    "social",
    "software",
    "solutions",
    "space",
    "store",
    "stream",
    "studio",
    "support",
    "systems",
    "team",
    "tech",
    "tel",
    "tips",
    "today",
    "tools",
    "top",
    "travel",
    "vip",
    "wang",
    "website",
    "wiki",
    "win",
    "work",
    "works",
    "world",
    "xxx",
    "xyz",
    "zip",
    "zone",
    "бел",
    "дети",
    "ею",
    "москва",
    "мкд",
    "онлайн",
    "рус",
    "рф",
    "сайт",
    "срб",
    "укр",
    "ελ",
    "ישראל",
    "الجزائر",
    "السعودية",
    "المغرب",
    "امارات",
    "مصر",
    "भारत",
    "ไทย",
    "中国",
    "中國",
    "公司",
    "台湾",
    "台灣",
    "在线",
    "新加坡",
    "网址",
    "网络",
    "香港",
    "닷컴",
    "한국",
];
/// Two letters after a full stop that are no country's.
const NO_COUNTRIES: &[&str] = &["ii", "iv", "js", "xi", "jr", "sr"];

const SCHEMES: &[&str] = &[
    "data",
    "file",
    "ftp",
    "ftps",
    "http",
    "https",
    "hxxp",
    "hxxps",
    "ipfs",
    "javascript",
    "jndi",
    "ldap",
    "magnet",
    "mailto",
    "sftp",
    "skype",
    "sms",
    "ssh",
    "tel",
    "tg",
    "vbscript",
    "whatsapp",
    "ws",
    "wss",
];

/// How addresses are written by who wants to get them past a filter, and what they stand for.
const DISGUISES: &[(&str, &str)] = &[
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("。", "."),
    ("｡", "."),
    (" @ ", "@"),
    (" . ", "."),
];
/// A full stop as a word, which counts only before an ending.
const SPOKEN: &[&str] = &[" dot ", " point ", " punkt ", " punto "];
/// Endings of two letters that are common enough to be spoken; others are words, as in "the point is".
const SPOKEN_COUNTRIES: &[&str] = &[
    "br", "ca", "ch", "cn", "co", "de", "eu", "fr", "io", "jp", "ly", "nl", "pl", "ru", "tv", "uk",
];

/// The kinds of address in a text, as flags.
pub(super) fn addresses(text: &str) -> Vec<&'static str> {
    let text = undisguised(text);
    let mut found = Vec::new();
    let mut add = |is_there: bool, flag: &'static str| {
        if is_there {
            found.push(flag);
        }
    };
    add(has_url(&text), "url");
    add(has_email(&text), "email");
    add(has_handle(&text), "handle");
    add(has_number(&text), "phone");
    found
}

fn undisguised(text: &str) -> String {
    let mut text: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.nfkc()
            .filter(|&character| !is_invisible(character))
            .flat_map(char::to_lowercase)
            .collect()
    };
    for (disguise, meaning) in DISGUISES {
        if text.contains(disguise) {
            text = text.replace(disguise, meaning);
        }
    }
    for spoken in SPOKEN {
        if let Some((before, after)) = text.split_once(spoken) {
            let ending: String = after.chars().take_while(|c| c.is_alphanumeric()).collect();
            if ENDINGS.contains(&ending.as_str()) || SPOKEN_COUNTRIES.contains(&ending.as_str()) {
                text = format!("{before}.{after}");
            }
        }
    }
    text
}

fn has_url(text: &str) -> bool {
    if !text.contains(['.', ':', '/']) {
        return false;
    }
    let has_scheme = text.match_indices(':').any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
        let goes_on = text
            .get(at + 1..)
            .is_some_and(|after| after.starts_with(|c: char| !c.is_whitespace()));
        goes_on && scheme.is_some_and(|scheme| SCHEMES.contains(&scheme))
    });
    has_scheme
        || text.contains("://")
        || text.contains("www.")
        || text
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ',' | ';' | '"' | '(' | ')' | '<' | '>' | '[' | ']' | '=')
            })
            .any(|token| is_domain(token) || is_ip_address(token))
}

/// "shop.com" and "bit.ly/x" but not "St. Elmo", "U.S.A" or "Node.js".
fn is_domain(token: &str) -> bool {
    let host = token
        .trim_start_matches('/')
        .split(['/', '?', ':', '#', '!'])
        .next()
        .unwrap_or(token);
    let host = host
        .rsplit('@')
        .next()
        .unwrap_or(host)
        .trim_end_matches(['.', '\'', '’']);
    let Some((labels, ending)) = host.rsplit_once('.') else {
        return false;
    };
    let is_country = ending.len() == 2
        && ending.bytes().all(|b| b.is_ascii_lowercase())
        && !NO_COUNTRIES.contains(&ending);
    // "a.m.", "d.i.y": letters with full stops are an abbreviation.
    let is_abbreviation = labels.split('.').all(|label| label.chars().nth(1).is_none());
    labels.ends_with(|c: char| c.is_alphanumeric())
        && ((is_country && (!is_abbreviation || token.contains('/'))) || ENDINGS.contains(&ending))
}

fn is_ip_address(token: &str) -> bool {
    let host = token.split(['/', ':']).next().unwrap_or(token);
    let mut parts = 0;
    host.split('.').all(|part| {
        parts += 1;
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    }) && parts == 4
}

/// Anything on both sides of an at sign; a quoted name before it counts, too.
fn has_email(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + 1..).and_then(|after| after.chars().next());
        before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '"' | '.' | '_' | '-'))
            && after.is_some_and(char::is_alphanumeric)
    })
}

/// "@name", "#tag" and "u/name"; "C#" and "#1" are none.
fn has_handle(text: &str) -> bool {
    text.split_whitespace().any(|token| {
        let token = token.trim_start_matches(['(', '"', '\'', ',']);
        token.contains('@') && token.len() > 1
            || token
                .strip_prefix('#')
                .is_some_and(|tag| tag.starts_with(char::is_alphabetic))
            || token
                .strip_prefix("u/")
                .is_some_and(|name| name.chars().nth(2).is_some())
    })
}

/// Seven or more digits with nothing but separators between them, unless they are two years.
fn has_number(text: &str) -> bool {
    let mut digits = 0;
    let mut groups: Vec<String> = Vec::new();
    let mut in_group = false;
    for character in text.chars().chain(['\0']) {
        if character.is_numeric() {
            digits += 1;
            if !in_group {
                groups.push(String::new());
            }
            in_group = true;
            if let Some(group) = groups.last_mut() {
                group.push(character);
            }
        } else if matches!(character, ' ' | '-' | '–' | '(' | ')' | '.' | '/' | '+' | '_') {
            in_group = false;
        } else {
            if digits >= 7 && !groups.iter().all(|group| is_year(group)) {
                return true;
            }
            digits = 0;
            in_group = false;
            groups.clear();
        }
    }
    false
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with('1') || digits.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_recognised_in_disguise() {
        for (text, flag) in [
            ("https://x.y", "url"),
            ("Visit shop.com", "url"),
            ("bit.ly/abc", "url"),
            ("example dot com", "url"),
            ("example[.]com", "url"),
            ("ｅｘａｍｐｌｅ．ｃｏｍ", "url"),
            ("example。com", "url"),
            ("пример.рф", "url"),
            ("javascript:alert(1)", "url"),
            ("192.168.13.37/admin", "url"),
            ("<a href=\"//example.com\">", "url"),
            ("me@cats.org", "email"),
            ("jane (at) example (dot) com", "url"),
            ("\"jane doe\"@example.org", "email"),
            ("@catlover", "handle"),
            ("insta: @jane.doe", "handle"),
            ("#cats", "handle"),
            ("u/jane_doe", "handle"),
            ("+1 (555) 123-4567", "phone"),
            ("٠١٢٣٤٥٦٧٨٩", "phone"),
            ("4111 1111 1111 1111", "phone"),
        ] {
            assert!(addresses(text).contains(&flag), "{text}: {:?}", addresses(text));
        }
    }

    #[test]
    fn ordinary_texts_hold_no_address() {
        for text in [
            "St. Elmo and co",
            "U.S. history",
            "a.m. radio",
            "Node.js in action",
            "AC/DC live",
            "C# in depth",
            "#1 hits",
            "2001: A Space Odyssey",
            "World War 1939-1945",
            "Data: a love story",
            "Apollo 13",
            "Vol.ii",
            "The point is to laugh",
            "90 000 km",
        ] {
            assert!(addresses(text).is_empty(), "{text}: {:?}", addresses(text));
        }
    }
}
