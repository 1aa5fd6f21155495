//! The closed list of what a template may name. `docs/replies.md` prints these tables; a test keeps them equal, and
//! holds that every kind of value the engine recognizes and every field of an order is among them.

/// One name a template may use between `{{` and `}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The name as written.
    pub name: &'static str,
    /// What it stands for, for sellers.
    pub meaning: &'static str,
    /// When it has a value.
    pub presence: Presence,
    /// What a buyer may read.
    pub example: &'static str,
    /// Which files may use it.
    pub place: Place,
}

/// When a variable has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In every message.
    Always,
    /// Not in every message: a template must say what to write instead.
    Maybe,
    /// Whenever the rule lists it under `needs`: a rule that uses the reply must.
    Needed,
}

impl Presence {
    /// Returns the word printed in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Maybe => "may be missing",
            Self::Needed => "with `needs`",
        }
    }
}

/// Which files may use a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Replies and frames.
    Everywhere,
    /// Frames only.
    Frame,
}

/// Every variable, in the order of the documentation.
pub const VARIABLES: &[Variable] = &[
    everywhere(
        "buyer.first_name",
        "the buyer's first name, when one is known and looks like a name",
        Presence::Maybe,
        "Anna",
    ),
    everywhere(
        "buyer.next_workday",
        "the next day on which people work in the buyer's country, when today is a public holiday there",
        Presence::Maybe,
        "Monday, 28 December",
    ),
    everywhere("shop.name", "the shop's name from the configuration", Presence::Always, "Lantern Home"),
    everywhere(
        "desk.hours",
        "when people are at the desk, in the buyer's clock where it is known; a desk without hours has none, and a person \
         answers",
        Presence::Always,
        "Mon–Fri 09:30–18:30 (UTC+8)",
    ),
    everywhere(
        "human_eta",
        "when a person will have written, in the buyer's clock where it is known",
        Presence::Maybe,
        "Monday, 23 November, 09:30 (UTC+8)",
    ),
    everywhere(
        "satisfaction_url",
        "the page on which the buyer says how content they are; only in the message that the machine asks with",
        Presence::Maybe,
        "https://desk.shop.example/s/…",
    ),
    everywhere("entity.country", "the country asked about, named in the reply's language", Presence::Needed, "Germany"),
    everywhere("entity.country_code", "the same country as its ISO code, to compare with", Presence::Needed, "DE"),
    everywhere("entity.order_number", "the order number the buyer wrote", Presence::Needed, "114-7122810-2961857"),
    everywhere("entity.tracking_number", "the tracking number the buyer wrote", Presence::Needed, "LX123456785CN"),
    everywhere("entity.quantity", "how many the buyer wants", Presence::Needed, "50"),
    everywhere("entity.size", "the size the buyer asks for", Presence::Needed, "EU 42"),
    everywhere("entity.money", "the amount the buyer names, with its currency", Presence::Needed, "129.00 EUR"),
    everywhere(
        "entity.date",
        "the day the buyer names; only where it is a day of the calendar, not `Friday` or `tomorrow`",
        Presence::Needed,
        "Saturday, 21 November",
    ),
    everywhere("entity.postcode", "the postcode the buyer wrote", Presence::Needed, "SW1A 1AA"),
    everywhere("entity.phone", "the telephone number the buyer wrote", Presence::Needed, "+491701234567"),
    everywhere("entity.email", "the e-mail address the buyer wrote", Presence::Needed, "anna.maier@example.com"),
    everywhere("order.number", "the number of the order in question", Presence::Needed, "114-7122810-2961857"),
    everywhere(
        "order.status",
        "where that order stands, as the word of `when: {order.status: …}`: to compare with",
        Presence::Needed,
        "shipped",
    ),
    everywhere("order.carrier", "who carries the parcel", Presence::Needed, "DHL"),
    everywhere("order.tracking", "the tracking number of the order", Presence::Needed, "LX123456785CN"),
    everywhere("order.placed", "the day the order was placed", Presence::Needed, "Monday, 9 November"),
    everywhere(
        "order.shipped",
        "the day the parcel was handed to the carrier",
        Presence::Needed,
        "Wednesday, 11 November",
    ),
    everywhere("order.delivered", "the day the parcel was delivered", Presence::Needed, "Thursday, 19 November"),
    everywhere("situation.title", "the situation in force, in a few words", Presence::Needed, "Chinese New Year"),
    everywhere(
        "situation.text",
        "what the situation does to orders, one or two sentences",
        Presence::Needed,
        "Our carrier collects no parcels until 4 March.",
    ),
    everywhere("situation.delay_days", "how many days the situation adds", Presence::Needed, "7"),
    everywhere("situation.until", "the last day of the situation", Presence::Needed, "Wednesday, 3 March"),
    frame("body", "the replies, one after the other", "…"),
    frame("automatic", "true when no person has read the message", "(only in an if)"),
    frame("uncovered", "true when a colleague will write about the rest of the message", "(only in an if)"),
    Variable {
        name: "rest",
        meaning: "the questions that a colleague will answer, quoted as the buyer wrote them, when they may be repeated",
        presence: Presence::Maybe,
        example: "“Is the lamp safe for cats?”",
        place: Place::Frame,
    },
];

/// What stands before the name of a kind of value: `entity.country`, and `entity.material` for a list of the shop's own.
pub const ENTITY: &str = "entity.";

/// A filter, written after `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Helper {
    /// The name as written.
    pub name: &'static str,
    /// What it does, for sellers.
    pub meaning: &'static str,
}

/// Every filter.
pub const FILTERS: &[Helper] = &[
    Helper { name: "default", meaning: "`x|default(\"y\")`: y when x is missing, the same as `x or \"y\"`" },
    Helper { name: "capitalize", meaning: "the first letter as a capital, the rest as it is" },
    Helper { name: "upper", meaning: "capital letters" },
    Helper { name: "lower", meaning: "small letters" },
    Helper { name: "trim", meaning: "without blanks at both ends" },
    Helper {
        name: "money",
        meaning: "`\"1290.50 EUR\"|money`: the amount in the reply's language, `1.290,50 EUR` in German",
    },
    Helper {
        name: "number",
        meaning: "`\"12000\"|number`: the number, or a span such as `7-15`, in the reply's language",
    },
    Helper {
        name: "day",
        meaning: "`\"2026-12-24\"|day`: the day in the reply's language, `Donnerstag, 24. Dezember`",
    },
    Helper {
        name: "plural",
        meaning: "`situation.delay_days|plural(one=\"# day\", other=\"# days\")`: the form that the number needs, with the \
                  number for `#`; which forms a language has is said below",
    },
    Helper {
        name: "list",
        meaning: "`\"Visa, PayPal, JCB\"|list`: items between commas as a list, `Visa, PayPal and JCB`",
    },
];

/// Every test, written after `is`.
pub const TESTS: &[Helper] = &[
    Helper { name: "defined", meaning: "the variable has a value" },
    Helper { name: "undefined", meaning: "the variable has no value" },
];

/// Every function.
pub const FUNCTIONS: &[Helper] = &[Helper {
    name: "fact",
    meaning: "`fact(\"file.name\")` or `fact(\"file.name\", entity.country)`: a value from replies/_facts",
}];

/// Returns the variable of that name.
pub fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

const fn everywhere(name: &'static str, meaning: &'static str, presence: Presence, example: &'static str) -> Variable {
    Variable { name, meaning, presence, example, place: Place::Everywhere }
}

const fn frame(name: &'static str, meaning: &'static str, example: &'static str) -> Variable {
    Variable { name, meaning, presence: Presence::Always, example, place: Place::Frame }
}
