//! A yes and nothing else, where we asked something.
//!
//! "Ok" ends a conversation, unless we wait for an answer: then the buyer believes to have given it, and silence would leave
//! both waiting.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::text::{
    folded::{Folded, Script},
    reading::Reading,
};

/// A yes is short, and longer texts need not be compared: the longest of [`YES`] has eight words, as each character of a
/// script without spaces is one.
const MAX_WORDS: usize = 12;

/// What people say for yes, in the product's languages, one list each.
const YES: [&str; 12] = [
    "ok, okay, yes, yep, yeah, yes please, sure, of course, fine, sounds good, please do, go ahead, do it, correct, right, y",
    "ja, ja bitte, jo, jep, klar, gerne, gern, in ordnung, einverstanden, passt, richtig, stimmt, genau, ja gerne",
    "oui, oui svp, oui s'il vous plait, d'accord, bien sur, ouais, exact, c'est ca, ok oui, volontiers",
    "si, si por favor, claro, vale, de acuerdo, correcto, por supuesto, dale, exacto",
    "sim, sim por favor, claro, pode ser, certo, isso, isso mesmo, com certeza, beleza, ta bom, pode",
    "si grazie, si per favore, certo, va bene, d'accordo, esatto, corretto, certamente",
    "да, ага, угу, да пожалуйста, конечно, хорошо, верно, правильно, давайте, можно, согласен, согласна, ок",
    "tak, tak prosze, jasne, oczywiscie, dobrze, zgoda, zgadza sie, pewnie, poprosze",
    "نعم, ايوه, اي, ايوا, اه, نعم من فضلك, طبعا, اكيد, تمام, موافق, صحيح, اوكي",
    "好, 好的, 可以, 可以的, 行, 是, 是的, 对, 对的, 嗯, 没问题, 同意, 要, 需要, 好啊, 好吧",
    "はい, はいお願いします, お願いします, そうです, いいです, いいですよ, 大丈夫です, うん, ええ, オッケー, そうしてください",
    "네, 넵, 예, 응, 네네, 네 부탁드립니다, 네 부탁드려요, 좋아요, 좋습니다, 그래요, 맞아요, 맞습니다, 괜찮아요, 그렇게 해주세요",
];

static FOLDED: LazyLock<FxHashSet<String>> = LazyLock::new(|| {
    let phrases = YES.iter().flat_map(|list| list.split(',')).map(|phrase| words_of(&Folded::new(phrase)));
    phrases.collect()
});

/// Returns whether a message says yes and nothing else.
pub(super) fn is_given(reading: &Reading) -> bool {
    reading.folded().words().len() <= MAX_WORDS && FOLDED.contains(&words_of(reading.folded()))
}

/// Returns the words of a text, with a blank between those of spaced scripts.
fn words_of(folded: &Folded) -> String {
    let mut text = String::new();
    for word in folded.words() {
        if !text.is_empty() && word.script != Script::Dense {
            text.push(' ');
        }
        text.push_str(folded.form(word));
    }
    text
}
