//! Which places a process that takes plans from others may read and write.
//!
//! Compares names: a link inside an allowed folder leads wherever it leads.

use object_store::path::Path;
use url::Url;

use super::store_url;
use crate::error::TablesError;
use crate::location;

/// Places and all that lies below them. Without any, everything is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedPrefixes {
    prefixes: Vec<Prefix>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Prefix {
    url: Url,
    store: String,
    path: Path,
}

impl AllowedPrefixes {
    /// Reads local paths, `file://` URLs and URLs of buckets or of places in them.
    ///
    /// # Errors
    /// As [`TableRoot::parse`](crate::TableRoot::parse) for any that is none of these.
    pub fn parse<Text: AsRef<str>>(prefixes: &[Text]) -> Result<Self, TablesError> {
        let prefixes = prefixes.iter().map(|text| Prefix::parse(text.as_ref()));
        Ok(Self {
            prefixes: prefixes.collect::<Result<_, _>>()?,
        })
    }

    /// Whether there is no restriction.
    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// Refuses a URL that is neither one of the places nor below one.
    ///
    /// # Errors
    /// [`TablesError::NotAllowed`].
    pub fn check(&self, url: &Url) -> Result<(), TablesError> {
        match Path::from_url_path(url.path()) {
            Ok(path) if self.holds(url, &path) => Ok(()),
            Err(_) if self.is_empty() => Ok(()),
            _ => Err(self.refusal(url.to_string())),
        }
    }

    /// The same for a path in the storage system that `store` is in: a path says exactly what is accessed, while in a URL
    /// `%` and dots have a meaning.
    ///
    /// # Errors
    /// [`TablesError::NotAllowed`].
    pub fn check_path(&self, store: &Url, path: &Path) -> Result<(), TablesError> {
        if self.holds(store, path) {
            return Ok(());
        }
        Err(self.refusal(format!("{}{path}", store_url(store))))
    }

    fn holds(&self, store: &Url, path: &Path) -> bool {
        let store = store_url(store);
        self.is_empty() || self.prefixes.iter().any(|prefix| prefix.holds(&store, path))
    }

    fn refusal(&self, url: String) -> TablesError {
        let allowed: Vec<&str> = self.prefixes.iter().map(|prefix| prefix.url.as_str()).collect();
        TablesError::NotAllowed {
            url,
            allowed: allowed.join(", "),
        }
    }
}

impl Prefix {
    fn parse(text: &str) -> Result<Self, TablesError> {
        let url = location::url_of(text)?;
        let path = Path::from_url_path(url.path()).map_err(|error| TablesError::InvalidLocation {
            location: text.to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            store: store_url(&url),
            url,
            path,
        })
    }

    fn holds(&self, store: &str, path: &Path) -> bool {
        self.store == store && path.prefix_matches(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_prefix_is_allowed_and_nothing_else() {
        let allowed =
            AllowedPrefixes::parse(&["s3://bucket/tables/", "s3://whole", "file:///srv/data"]).unwrap();
        for (url, expected) in [
            ("s3://bucket/tables", true),
            ("s3://bucket/tables/a/b.parquet", true),
            ("s3://bucket/tables%2Fa", true),
            ("s3://bucket/tables-of-others/a", false),
            ("s3://bucket/", false),
            ("s3://bucket/tables/../secret", false),
            ("s3://bucket/tables/%2e%2e/secret", false),
            ("s3://bucket/tables%2F..%2Fsecret", false),
            ("s3://Bucket/tables/a", false),
            ("s3://whole/anything", true),
            ("gs://whole/anything", false),
            ("file:///srv/data/x", true),
            ("file:///srv/database", false),
            ("file:///etc/passwd", false),
        ] {
            let checked = allowed.check(&Url::parse(url).unwrap());
            assert_eq!(checked.is_ok(), expected, "{url}: {checked:?}");
        }
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let allowed = AllowedPrefixes::parse(&["s3://bucket/tables"]).unwrap();
        let store = Url::parse("s3://bucket/").unwrap();
        for (path, expected) in [
            ("tables/100%/a", true),
            ("tables/%2e%2e/a", true),
            ("secret/%2e%2e/tables/a", false),
            ("tables-of-others/a", false),
        ] {
            let checked = allowed.check_path(&store, &Path::parse(path).unwrap());
            assert_eq!(checked.is_ok(), expected, "{path}: {checked:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_url_and_what_is_allowed() {
        let allowed = AllowedPrefixes::parse(&["s3://bucket/a", "s3://bucket/b"]).unwrap();
        let error = allowed.check(&Url::parse("s3://bucket/c").unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "'s3://bucket/c' lies outside of what this process may read and write: s3://bucket/a/, s3://bucket/b/"
        );
    }

    #[test]
    fn no_prefix_allows_everything() {
        let allowed = AllowedPrefixes::parse::<String>(&[]).unwrap();
        assert!(allowed.is_empty());
        allowed.check(&Url::parse("s3://any/thing").unwrap()).unwrap();
        assert!(AllowedPrefixes::parse(&["hdfs://name/node"]).is_err());
    }
}
