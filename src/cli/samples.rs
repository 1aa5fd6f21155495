//! The mails with which `demo` shows what the product does: what buyers write at night, and what machines write.

use jiff::Timestamp;

/// One mail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// The file name, which is also the local part of the Message-ID.
    pub name: &'static str,
    /// What the mail shows, said before it is delivered.
    pub shows: &'static str,
    from: &'static str,
    subject: &'static str,
    /// Further header fields, each with its line break.
    fields: &'static str,
    body: &'static str,
}

/// The tour, in order.
pub(super) const SAMPLES: [Sample; 9] = [
    Sample {
        name: "customs-question",
        shows: "A question with everything needed: answered at once.",
        from: "Anna Schmidt <anna.schmidt@example.org>",
        subject: "Customs?",
        fields: "",
        body: "Hi,\n\ndo I have to pay customs duty if you ship to Germany?\n\nThanks\nAnna\n",
    },
    Sample {
        name: "customs-question-zh",
        shows: "The same in Chinese, country missing: the machine asks back.",
        from: "李娜 <li.na@example.net>",
        subject: "咨询",
        fields: "",
        body: "你好，请问需要交关税吗？\n",
    },
    Sample {
        name: "free-shipping-zh",
        shows: "Free shipping, in Chinese.",
        from: "王伟 <wang.wei@example.net>",
        subject: "运费",
        fields: "",
        body: "你好，这个可以包邮吗？\n",
    },
    Sample {
        name: "delivery-delay",
        shows: "A delay in the peak season: apology, cause, new date.",
        from: "Tom Baker <tom.baker@example.com>",
        subject: "Where is it",
        fields: "",
        body: "Hello, my parcel is late. Why is the delivery delayed?\n",
    },
    Sample {
        name: "cancel-order",
        shows: "A cancellation moves money: an ack now, and an urgent ticket for a person.",
        from: "Maria Lopez <maria.lopez@example.com>",
        subject: "Order 113-4455667-1234567",
        fields: "",
        body: "Please cancel my order 113-4455667-1234567.\n",
    },
    Sample {
        name: "two-questions",
        shows: "Two questions, two rules: one composed answer.",
        from: "Chris Young <chris.young@example.com>",
        subject: "Before I buy",
        fields: "",
        body: "Hi! Do you offer free shipping? And will I have to pay import tax in Canada?\n",
    },
    Sample {
        name: "unknown-question",
        shows: "Something no rule covers: an honest ack, and a ticket.",
        from: "Jean Martin <jean.martin@example.com>",
        subject: "Colour",
        fields: "",
        body: "Hello, does the lamp in the third photo also exist with a green shade?\n",
    },
    Sample {
        name: "out-of-office",
        shows: "A machine answers: recorded, never answered.",
        from: "Sam Reed <sam.reed@example.com>",
        subject: "Automatic reply: Your order",
        fields: "Auto-Submitted: auto-replied\n",
        body: "I am out of the office until Monday. Do I have to pay customs?\n",
    },
    Sample {
        name: "newsletter",
        shows: "A newsletter: recorded, never answered.",
        from: "Deals <news@deals.example.org>",
        subject: "Free shipping week!",
        fields: "List-Id: <news.deals.example.org>\nList-Unsubscribe: <https://deals.example.org/u>\n",
        body: "Free shipping on everything, only this week.\n",
    },
];

impl Sample {
    /// Returns the mail as the delivering server writes it.
    pub(super) fn mail(&self, to: &str, now: Timestamp) -> Vec<u8> {
        let head = format!("{}{}", self.fields, "Return-Path: <RETURN>\n");
        let address = self.from.rsplit_once('<').map_or(self.from, |(_, address)| address.trim_end_matches('>'));
        let head = head.replace("RETURN", address);
        mail(&head, self.from, to, self.subject, self.body, self.name, now)
    }
}

/// Returns a mail of the person at the terminal.
pub(super) fn typed(text: &str, to: &str, number: u64, now: Timestamp) -> Vec<u8> {
    // Seconds are enough to tell buyers apart, and short in a list.
    let from = format!("buyer-{:x}@example.com", number / 1_000);
    let head = format!("Return-Path: <{from}>\n");
    mail(&head, &from, to, "", &format!("{text}\n"), &format!("typed-{number}"), now)
}

fn mail(head: &str, from: &str, to: &str, subject: &str, body: &str, name: &str, now: Timestamp) -> Vec<u8> {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let id = format!("{name}.{}@mail.example.com", now.as_millisecond());
    let text = format!(
        "{head}From: {from}\nTo: {to}\nSubject: {subject}\nDate: {date}\nMessage-ID: <{id}>\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}"
    );
    text.replace('\n', "\r\n").into_bytes()
}
