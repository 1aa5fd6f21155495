//! Several replies, one message: one greeting, one closing, in text and for mail in HTML.

use crate::{
    model::{ids::ReplyId, inbound::ChannelKind, language::Language, outbound::OutboundKind},
    replies::{
        bidi,
        catalog::{Catalog, Form, Order, Page, PageKey, RenderError, Rendered},
        html, promise, read,
        render::{Scope, Setting},
    },
};

/// Stands for the replies while the frame is turned into HTML. A private-use character that no value can bring in:
/// names are letters, and the shop's own name is the seller's.
const BODY_MARK: &str = "\u{e000}";
/// Takes the place of names, and of the buyer's own words, while forbidden words are looked for: a buyer called Soon is
/// no vague word.
const NAME_MARK: &str = "\u{fffc}";

/// Writes one message; see [`Catalog::render`].
pub(super) fn message(catalog: &Catalog, order: &Order<'_>) -> Result<Rendered, RenderError> {
    let situation = catalog.situation_until(order.today, order.switched);
    let setting = Setting {
        values: order.values,
        language: order.language,
        today: order.today,
        situation,
        rest: order.rest,
        own_kinds: &catalog.own_kinds,
    };
    let mut writer = Writer { catalog, order, scope: Scope::new(&setting, &catalog.facts) };
    let mut bodies = Vec::new();
    for reply in order.replies {
        bodies.push(writer.body(reply)?);
    }
    let text = writer.framed(&texts(&bodies))?;
    let html = if order.channel == ChannelKind::Email { Some(writer.html(&bodies)?) } else { None };
    let speaks_of_it = bodies.iter().any(|body| body.page.variables.iter().any(|name| name.starts_with("situation.")));
    Ok(Rendered {
        subject: bodies.iter().find_map(|body| Some(bidi::plain(body.subject.as_ref()?, order.language))),
        text: bidi::plain(&text, order.language),
        html,
        facts: writer.scope.facts(),
        situation: situation.filter(|_| speaks_of_it).map(|(situation, _)| situation.id.clone()),
    })
}

struct Writer<'a> {
    catalog: &'a Catalog,
    order: &'a Order<'a>,
    scope: Scope,
}

/// One reply, filled.
struct Body<'a> {
    page: &'a Page,
    subject: Option<String>,
    text: String,
    html: Option<String>,
}

impl<'a> Writer<'a> {
    fn body(&self, reply: &ReplyId) -> Result<Body<'a>, RenderError> {
        if !self.catalog.contains(reply) {
            return Err(RenderError::NoSuchReply { reply: reply.clone() });
        }
        let page = self.page(reply, Form::Text)?;
        let text = tidy(&self.fill(&page.template, reply)?);
        let subject = match &page.subject {
            Some(subject) => Some(one_line(&self.fill(subject, reply)?)),
            None => None,
        };
        let html = match self.page(reply, Form::Html) {
            Err(error @ RenderError::Unwritten { .. }) => return Err(error),
            Ok(page) if self.order.channel == ChannelKind::Email => Some(self.fill(&page.template, reply)?),
            _ => None,
        };
        Ok(Body { page, subject, text, html })
    }

    fn framed(&mut self, body: &str) -> Result<String, RenderError> {
        self.scope.set_body(body);
        let frame = ReplyId::new(read::FRAME);
        let page = match self.order.channel {
            ChannelKind::Telegram => self.page(&frame, Form::Telegram).or_else(|_| self.page(&frame, Form::Text))?,
            ChannelKind::Email => self.page(&frame, Form::Text)?,
        };
        Ok(tidy(&self.fill(&page.template, &frame)?))
    }

    fn html(&mut self, bodies: &[Body<'_>]) -> Result<String, RenderError> {
        let frame = self.page(&ReplyId::new(read::FRAME), Form::Text)?;
        let mut links = frame.links.clone();
        links.extend(bodies.iter().flat_map(|body| body.page.links.iter().cloned()));
        links.extend(self.scope.facts().iter().flat_map(|fact| html::links(&fact.value)));
        let framed = self.framed(BODY_MARK)?;
        let (before, after) = framed.split_once(BODY_MARK).unwrap_or((&framed, ""));
        let language = self.order.language;
        let paragraphs = |text: &str| html::paragraphs(text, &links, language);
        let mut page = paragraphs(before);
        for body in bodies {
            page.push_str(&body.html.clone().unwrap_or_else(|| paragraphs(&body.text)));
        }
        page.push_str(&paragraphs(after));
        Ok(html::page(&page, language))
    }

    /// Fills a template and refuses words that must not go out by themselves.
    fn fill(&self, template: &str, reply: &ReplyId) -> Result<String, RenderError> {
        let text = self.scope.fill(&self.catalog.environment, template, reply)?;
        if self.order.kind == OutboundKind::Draft {
            return Ok(text);
        }
        let values = self.order.values;
        let mut words = text.clone();
        let names = values.buyer_first_name.as_deref().into_iter().chain([values.shop_name.as_str()]);
        for name in names.chain(self.order.rest.words()).map(str::trim).filter(|name| !name.is_empty()) {
            words = words.replace(name, NAME_MARK);
        }
        match promise::forbidden(&words, self.order.language).into_iter().next() {
            Some(found) => Err(RenderError::Promise { reply: reply.clone(), phrase: found.phrase }),
            None => Ok(text),
        }
    }

    fn page(&self, reply: &ReplyId, form: Form) -> Result<&'a Page, RenderError> {
        let language: Language = self.order.language;
        let key = PageKey { reply: reply.clone(), language, form };
        let page = self.catalog.pages.get(&key);
        let page = page.ok_or_else(|| RenderError::NoLanguage { reply: reply.clone(), language })?;
        // Not in a draft either: a person sends those with one click.
        match page.unwritten {
            Some(_) => Err(RenderError::Unwritten { reply: reply.clone(), language }),
            None => Ok(page),
        }
    }
}

fn texts(bodies: &[Body<'_>]) -> String {
    let texts: Vec<&str> = bodies.iter().map(|body| body.text.as_str()).collect();
    texts.join("\n\n")
}

/// Returns the text without blanks at line ends, with at most one empty line in a row and none at either end.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty > 1 {
            continue;
        }
        tidy.push_str(line);
        tidy.push('\n');
    }
    tidy.trim().to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
