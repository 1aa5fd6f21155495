//! Fills serde types from a [`Node`]; what does not fit is reported with the place of the node that failed.

use std::{fmt, ops::Range};

use serde::de::{
    Deserialize as _, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer as _, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use crate::diagnostic::{
    Code, Diagnostic,
    nearest::{advice, nearest},
    source::{FileId, Span},
    yaml::{Kind, MISSING_KEY, Node, UNKNOWN_KEY, UNKNOWN_VALUE, WRONG_TYPE, spanned::SPANNED},
};

/// Something that does not fit the type being filled.
#[derive(Debug)]
pub(super) struct Mismatch {
    code: Code,
    message: String,
    label: &'static str,
    span: Option<Range<usize>>,
    help: Option<String>,
    fix: Option<String>,
}

impl Mismatch {
    pub(super) fn into_diagnostic(self, file: FileId, node: &Node) -> Diagnostic {
        let span = Span::new(file, self.span.unwrap_or_else(|| node.span.clone()));
        let mut diagnostic = Diagnostic::error(self.code, self.message, span.clone(), self.label);
        diagnostic.help = self.help;
        match self.fix {
            Some(text) => diagnostic.fix(span, text),
            None => diagnostic,
        }
    }

    fn new(code: Code, message: String, label: &'static str) -> Self {
        Self { code, message, label, span: None, help: None, fix: None }
    }

    fn unknown(code: Code, message: String, label: &'static str, written: &str, known: &[&str]) -> Self {
        let fix = nearest(written, known.iter().copied()).map(str::to_owned);
        Self { help: Some(advice(written, known)), fix, ..Self::new(code, message, label) }
    }

    fn at(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(WRONG_TYPE, message.to_string(), "here")
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("found {}, expected {}", in_words(found), plainly(&expected.to_string()));
        Self::new(WRONG_TYPE, message, "wrong kind of value")
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("found {}, expected {}", in_words(found), plainly(&expected.to_string()));
        Self::new(WRONG_TYPE, message, "out of range")
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::unknown(UNKNOWN_KEY, format!("unknown key `{field}`"), "not known here", field, known)
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::unknown(UNKNOWN_VALUE, format!("unknown value `{variant}`"), "not known here", variant, known)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(MISSING_KEY, format!("the key `{field}` is missing"), "in this mapping")
    }
}

fn in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("the number {value}"),
        Unexpected::Signed(value) => format!("the number {value}"),
        Unexpected::Float(value) => format!("the number {value}"),
        Unexpected::Str(value) => format!("the text `{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

/// Says serde's name of a Rust type in a seller's words.
fn plainly(expected: &str) -> String {
    let plain = match expected {
        "a string" | "a borrowed string" | "a character" => "text",
        "a boolean" => "`true` or `false`",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a mapping",
        other if other.starts_with("struct ") => "a mapping",
        other => other,
    };
    plain.to_owned()
}

/// A node as serde sees it.
#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'a>(&'a Node);

impl<'a> NodeDeserializer<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self(node)
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let filled = match &self.0.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Integer(value) => visitor.visit_i64(*value),
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_str(text),
            Kind::List(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Mapping(entries) => visitor.visit_map(Entries { rest: entries.iter(), value: None }),
        };
        filled.map_err(|mismatch| mismatch.at(&self.0.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        match name {
            SPANNED => visitor.visit_seq(Placed { node: self.0, given: 0 }),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let filled = match &self.0.kind {
            Kind::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Kind::Mapping(entries) if entries.len() == 1 => visitor.visit_enum(Choice(&entries[0])),
            _ => Err(Mismatch::custom(format!("found {}, expected one word", self.0.describe()))),
        };
        filled.map_err(|mismatch: Mismatch| mismatch.at(&self.0.span))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        self.0.next().map(|node| seed.deserialize(NodeDeserializer(node))).transpose()
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (Node, Node)>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        // An unknown key is raised here, so it lands on the key.
        seed.deserialize(NodeDeserializer(key)).map(Some).map_err(|mismatch| mismatch.at(&key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let value = self.value.take().expect("serde asks for the key first");
        seed.deserialize(NodeDeserializer(value)).map_err(|mismatch| mismatch.at(&value.span))
    }
}

/// `{name: value}` for an enum variant that holds something.
struct Choice<'a>(&'a (Node, Node));

impl<'a, 'de> EnumAccess<'de> for Choice<'a> {
    type Error = Mismatch;
    type Variant = Held<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Held<'a>), Mismatch> {
        let (key, value) = self.0;
        let variant = seed.deserialize(NodeDeserializer(key)).map_err(|mismatch| mismatch.at(&key.span))?;
        Ok((variant, Held(value)))
    }
}

struct Held<'a>(&'a Node);

impl<'de> VariantAccess<'de> for Held<'_> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        <()>::deserialize(NodeDeserializer(self.0))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(NodeDeserializer(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Mismatch> {
        NodeDeserializer(self.0).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Mismatch> {
        NodeDeserializer(self.0).deserialize_any(visitor)
    }
}

/// A value after its start and end, as [`Spanned`](crate::diagnostic::yaml::Spanned) asks for it.
struct Placed<'a> {
    node: &'a Node,
    given: u8,
}

impl<'de> SeqAccess<'de> for Placed<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        self.given += 1;
        match self.given {
            1 => seed.deserialize(self.node.span.start.into_deserializer()).map(Some),
            2 => seed.deserialize(self.node.span.end.into_deserializer()).map(Some),
            3 => seed.deserialize(NodeDeserializer(self.node)).map(Some),
            _ => Ok(None),
        }
    }
}
