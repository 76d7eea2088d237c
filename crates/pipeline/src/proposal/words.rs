//! What the name of a column says: its words, and how well they fit a role.
//!
//! Knows English and German words and a few of other languages. Refuses to look at values: see [`super::roles`].

use super::role::Role;

/// Words that only say that a column identifies something.
const IDENTIFYING: &str = "id ids key nr no num number nummer code uuid guid hash uid ref pk sk idx identifier kennung \
    token";

/// Words that make a column the property of a thing and not the thing itself.
const DESCRIBING: &str = "name title titel bezeichnung type typ category kategorie group gruppe price preis count anzahl \
    brand marke age gender geschlecht city zip agent country status segment description beschreibung \
    rating bewertung time date";

/// Words with spaces between them.
struct Vocabulary {
    /// Name the role by themselves.
    strong: &'static str,
    /// Fit the role if nothing fits better.
    weak: &'static str,
    /// Speak against it.
    against: &'static str,
}

fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|other| other == word)
}

const USER: Vocabulary = Vocabulary {
    strong: "user customer member household visitor subscriber client reader viewer listener player \
        learner student shopper buyer kunde kunden nutzer benutzer mitglied besucher haushalt \
        utilisateur usuario cliente person",
    weak: "account konto session device cookie profile author uid email",
    against: DESCRIBING,
};

const ITEM: Vocabulary = Vocabulary {
    strong: "item product article movie film video track song book game sku asin isbn show episode recipe \
        post listing page url content document doc news course offer artikel produkt ware buch lied \
        ean upc gtin anime podcast artist producto articulo produit",
    weak: "title titel object entity media thing business place poi venue name",
    against: DESCRIBING,
};

const TIME: Vocabulary = Vocabulary {
    strong: "timestamp time datetime date ts zeit datum zeitpunkt zeitstempel fecha epoch uhrzeit",
    weak: "at on when day event occurred happened viewed watched played listened clicked purchased \
        purchase order ordered transaction rated visited visit activity kauf bestellung created \
        entered started start unix",
    against: "updated modified changed release released published birth geburt geburts expires expiry end \
        ended signup registered valid due loaded ingested deleted id year zone spent",
};

const WEIGHT: Vocabulary = Vocabulary {
    strong: "rating score stars weight duration seconds secs minutes dwell playtime quantity qty plays \
        menge bewertung dauer gewicht stueck strength",
    weak: "count counts times anzahl watch listen star grade amount interest",
    against: "id price preis value date year week month day store number mean average avg total disc \
        discount timestamp at",
};

const TITLE: Vocabulary = Vocabulary {
    strong: "title titel titre titulo headline",
    weak: "name bezeichnung nombre nom heading subject caption label",
    against: "user kunde brand marke store author artist category kategorie file first last manufacturer \
        hersteller city id",
};

const TEXT: Vocabulary = Vocabulary {
    strong: "description desc beschreibung summary abstract overview plot synopsis text inhalt blurb",
    weak: "body content details about long snippet notes",
    against: "id url type date",
};

const TAGS: Vocabulary = Vocabulary {
    strong: "tags genres genre categories category kategorie kategorien keywords topics schlagworte \
        stichworte",
    weak: "tag keyword topic labels class classes subjects themes department schlagwort",
    against: "id count date",
};

fn vocabulary(role: Role) -> &'static Vocabulary {
    match role {
        Role::User => &USER,
        Role::Item => &ITEM,
        Role::Time => &TIME,
        Role::Weight => &WEIGHT,
        Role::Title => &TITLE,
        Role::Text => &TEXT,
        Role::Tags => &TAGS,
    }
}

const ROLES: [Role; 7] = [
    Role::User,
    Role::Item,
    Role::Time,
    Role::Weight,
    Role::Title,
    Role::Text,
    Role::Tags,
];

/// A name of at least this score names its role.
pub(super) const CLEAR: i32 = 50;
/// A name below this says nothing of the role.
pub(super) const HINT: i32 = 20;

/// How well a name fits a role; 0 if it says nothing, below 0 if it speaks against it.
pub(super) fn fit(role: Role, name: &str) -> i32 {
    let words = words(name);
    let vocabulary = vocabulary(role);
    let holds = |list: &str| words.iter().any(|word| has(list, word));
    let (strong, weak) = (holds(vocabulary.strong), holds(vocabulary.weak));
    let mut score = match (strong, weak) {
        (true, true) => 60,
        (true, false) => 50,
        (false, true) => 25,
        (false, false) => 0,
    };
    let against = words.iter().any(|word| {
        has(vocabulary.against, word) && !has(vocabulary.strong, word) && !has(vocabulary.weak, word)
    });
    if against {
        score -= 40;
    }
    let identifies = holds(IDENTIFYING);
    let is_key = matches!(role, Role::User | Role::Item);
    if is_key && score > 0 && (identifies || words.len() == 1) {
        score += 20;
    }
    score
}

/// Whether a name says that its column identifies something.
pub(super) fn identifies(name: &str) -> bool {
    words(name).iter().any(|word| has(IDENTIFYING, word))
}

/// The name without what a data set's convention adds to it, as in RecBole's `user_id:token`.
fn bare(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((bare, "token" | "token_seq" | "float" | "float_seq")) => bare,
        _ => name,
    }
}

/// Whether the name says that its values are words with spaces between them (RecBole's `token_seq`).
pub(super) fn says_space_separated(name: &str) -> bool {
    name.ends_with(":token_seq")
}

/// The words of a name, in lower case, without umlauts, compounds taken apart.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut plain = Vec::new();
    let mut word = String::new();
    let mut previous_lower = false;
    for character in bare(name).chars() {
        // `userId` has two words, `USERID` has one.
        if !character.is_alphanumeric() || (character.is_uppercase() && previous_lower) {
            plain.push(std::mem::take(&mut word));
        }
        previous_lower = character.is_lowercase();
        for lower in character.to_lowercase().filter(|lower| lower.is_alphanumeric()) {
            match lower {
                'ä' => word.push_str("ae"),
                'ö' => word.push_str("oe"),
                'ü' => word.push_str("ue"),
                'ß' => word.push_str("ss"),
                'é' | 'è' => word.push('e'),
                'í' => word.push('i'),
                other => word.push(other),
            }
        }
    }
    plain.push(word);
    plain
        .into_iter()
        .filter(|word| !word.is_empty())
        .flat_map(|word| take_apart(&word).unwrap_or_else(|| vec![singular(word)]))
        .collect()
}

fn singular(word: String) -> String {
    match word.strip_suffix('s').filter(|one| is_known(one)) {
        Some(one) if !is_known(&word) => one.to_owned(),
        _ => word,
    }
}

fn is_known(word: &str) -> bool {
    let in_vocabulary = |role: Role| {
        let vocabulary = vocabulary(role);
        [vocabulary.strong, vocabulary.weak, vocabulary.against]
            .iter()
            .any(|list| has(list, word))
    };
    has(IDENTIFYING, word) || has(DESCRIBING, word) || ROLES.into_iter().any(in_vocabulary)
}

/// `kundennummer` is `kunde` and `nummer`, `userid` is `user` and `id`.
fn take_apart(word: &str) -> Option<Vec<String>> {
    if is_known(word) {
        return None;
    }
    for (at, _) in word.char_indices().skip(3) {
        let (first, rest) = word.split_at(at);
        let linked = [Some(rest), rest.strip_prefix('s'), rest.strip_prefix('n')];
        if !is_known(first) {
            continue;
        }
        if let Some(second) = linked.into_iter().flatten().find(|rest| is_known(rest)) {
            return Some(vec![first.to_owned(), second.to_owned()]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("user_id", "user id"),
            ("userId", "user id"),
            ("USERID", "user id"),
            ("Kunden-Nr.", "kunden nr"),
            ("Kundennummer", "kunde nummer"),
            ("Artikelbezeichnung", "artikel bezeichnung"),
            ("user_id:token", "user id"),
            ("Zeit (ms)", "zeit ms"),
            ("Stückzahl", "stueckzahl"),
            ("users", "user"),
            ("transaction_timestamp", "transaction timestamp"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_fit_roles() {
        for (role, better, worse) in [
            (Role::User, "user_id", "user_age"),
            (Role::User, "household_id", "basket_id"),
            (Role::User, "Kundennummer", "Kundengruppe"),
            (Role::Item, "movieId", "movie_title"),
            (Role::Item, "product_id", "product_category"),
            (Role::Time, "event_time", "updated_at"),
            (Role::Time, "watched_at", "release_date"),
            (Role::Time, "transaction_timestamp", "week"),
            (Role::Weight, "watch_seconds", "timestamp"),
            (Role::Weight, "quantity", "sales_value"),
            (Role::Title, "product_name", "brand_name"),
            (Role::Title, "movie_title", "name"),
            (Role::Text, "plot_summary", "title"),
            (Role::Tags, "genres", "title"),
        ] {
            let (better_fit, worse_fit) = (fit(role, better), fit(role, worse));
            assert!(
                better_fit > worse_fit.max(0),
                "{role:?}: {better} {better_fit}, {worse} {worse_fit}"
            );
        }
        assert!(fit(Role::User, "user_id") >= CLEAR);
        assert!(fit(Role::User, "store_id") < HINT);
        assert!(fit(Role::Item, "store_id") < HINT);
    }
}
