//! People who write to the shop.

use jiff::Timestamp;

use crate::{
    model::{buyer::Buyer, ids::BuyerId, language::Language},
    store::{
        database::Tx,
        error::StoreError,
        thread::{index_key, language_of},
    },
};

/// Returns what is known of the person with that key.
pub(super) async fn find(tx: &mut Tx, key: &str) -> Result<Option<Buyer>, StoreError> {
    let row = tx
        .first(
            "SELECT id, key, name, language, country, suppressed, grade FROM buyer WHERE key = $1",
            &[index_key(key).as_ref().into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Buyer {
        id: BuyerId(row.get("id")?),
        key: row.get("key")?,
        name: row.get("name")?,
        language: language_of(&row, "language")?,
        country: row.get("country")?,
        suppressed: row.flag("suppressed")?,
        grade: row.get("grade")?,
        tags: Vec::new(),
        orders: None,
    }))
}

/// What one message taught about a person; nothing known is ever unlearned by a message that does not say it, and what
/// people set by none.
pub(super) struct Learned<'a> {
    pub(super) key: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) language: Option<Language>,
    pub(super) country: Option<&'a str>,
}

/// Remembers a person, or what is new about one.
pub(super) async fn learn(tx: &mut Tx, learned: &Learned<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO buyer (key, name, language, country, first_seen, changed_at) VALUES ($1, $2, $3, $4, $5, $5)
         ON CONFLICT (key) DO UPDATE SET name = COALESCE(excluded.name, buyer.name),
           language = CASE WHEN buyer.language_set = 1 THEN buyer.language
                           ELSE COALESCE(excluded.language, buyer.language) END,
           country = CASE WHEN buyer.country_set = 1 THEN buyer.country
                          ELSE COALESCE(excluded.country, buyer.country) END,
           changed_at = excluded.changed_at",
        &[
            index_key(learned.key).as_ref().into(),
            learned.name.into(),
            learned.language.as_ref().map(Language::as_str).into(),
            learned.country.into(),
            now.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Switches automatic answers to a person off.
pub(super) async fn suppress(tx: &mut Tx, key: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE buyer SET suppressed = 1, changed_at = $2 WHERE key = $1",
        &[index_key(key).as_ref().into(), now.into()],
    )
    .await?;
    Ok(())
}
