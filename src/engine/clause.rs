//! Two questions in one sentence: "is shipping free, and does it come with a bulb?"
//!
//! A rule that hits the first half covers the sentence, not the second question. Here the halves are told apart; what
//! follows from an open one is decided by [`confidence`](crate::engine::confidence).

use std::ops::Range;

use crate::{
    engine::understand::Understanding,
    model::verdict::SentenceKind,
    text::{
        folded::Script,
        sentence::{
            Sentence,
            phrases::{Found, Part, phrases},
        },
    },
};

/// Punctuation that may stand between two questions.
const MARKS: [char; 8] = [',', ';', ':', '，', '；', '：', '、', '–'];
/// Marks of a question.
const QUESTION_MARKS: [char; 3] = ['?', '？', '؟'];
/// A shorter clause is a tag such as "is it", not a question of its own.
const MIN_CLAUSE_WORDS: usize = 3;

/// Returns the clause of a sentence that asks something of its own and that no rule hits, or nothing.
pub(super) fn open_question(understanding: &Understanding<'_>, sentence: &Sentence) -> Option<String> {
    let found = phrases().find(understanding.reading.folded(), sentence.words.clone());
    let clauses = clauses(understanding, sentence, &found);
    let open =
        clauses.into_iter().find(|clause| asks(understanding, clause, &found) && !is_hit(understanding, clause))?;
    let original = place(understanding, &open);
    Some(understanding.reading.original()[original].to_owned())
}

/// Cuts at punctuation, and at a filler ("and") that stands before a question.
fn clauses(understanding: &Understanding<'_>, sentence: &Sentence, found: &[Found]) -> Vec<Range<usize>> {
    let words = understanding.reading.folded().words();
    let starts = |at: usize, part: Part| {
        let here = found.iter().filter(|phrase| phrase.part == part && phrase.words.start == at);
        here.fold(0, |languages, phrase| languages | phrase.languages)
    };
    let mut clauses = Vec::new();
    let mut start = sentence.words.start;
    for at in sentence.words.clone().skip(1) {
        let before = words[at - 1].original.end;
        let gap = &understanding.reading.original()[before..words[at].original.start.max(before)];
        // "i" joins in Polish and is the writer in English.
        let joined =
            words[at].script != Script::Dense && starts(at - 1, Part::Filler) & starts(at, Part::Question) != 0;
        if gap.contains(MARKS) || joined {
            clauses.push(start..at);
            start = at;
        }
    }
    clauses.push(start..sentence.words.end);
    clauses
}

/// Returns whether a clause asks something that has a content of its own.
fn asks(understanding: &Understanding<'_>, clause: &Range<usize>, found: &[Found]) -> bool {
    let inside = |phrase: &&Found| clause.start <= phrase.words.start && phrase.words.end <= clause.end;
    let here: Vec<&Found> = found.iter().filter(inside).collect();
    let first = first_of_its_own(&here, clause.start);
    let dense = understanding.reading.folded().words()[clause.start].script == Script::Dense;
    let courtesy = here.iter().any(|found| found.part.is_courtesy());
    let asking = here.iter().any(|found| match found.part {
        Part::Question => !courtesy && (dense || found.words.start == first),
        Part::Order => !dense && found.words.start == first,
        _ => false,
    });
    asking && clause.len() >= MIN_CLAUSE_WORDS
}

/// Returns the first word of a clause behind courtesy and fillers. "Please" before an order is courtesy and the order is not:
/// "the parcel is late, please send a new one".
fn first_of_its_own(found: &[&Found], start: usize) -> usize {
    let mut first = start;
    while let Some(before) = found.iter().find(|found| found.part.is_transparent() && found.words.start == first) {
        first = before.words.end;
    }
    first
}

/// Returns whether a sentence that asks has no question: it demands, or says what is wished.
pub(super) fn only_demands(understanding: &Understanding<'_>, sentence: &Sentence) -> bool {
    if sentence.kind != SentenceKind::Asks
        || understanding.reading.original()[sentence.span.clone()].contains(QUESTION_MARKS)
    {
        return false;
    }
    let folded = understanding.reading.folded();
    let found = phrases().find(folded, sentence.words.clone());
    let starts = [sentence.words.start, first_of_its_own(&found.iter().collect::<Vec<_>>(), sentence.words.start)];
    !found.iter().any(|found| match found.part {
        Part::Question | Part::Verb => {
            folded.words()[found.words.start].script != Script::Spaced || starts.contains(&found.words.start)
        }
        Part::Ending | Part::Last => found.words.end == sentence.words.end,
        _ => false,
    })
}

fn is_hit(understanding: &Understanding<'_>, clause: &Range<usize>) -> bool {
    let place = place(understanding, clause);
    let spans = understanding.hits.iter().flat_map(|(_, hit)| hit.spans.iter());
    spans.into_iter().any(|span| span.start < place.end && place.start < span.end)
}

fn place(understanding: &Understanding<'_>, words: &Range<usize>) -> Range<usize> {
    let all = understanding.reading.folded().words();
    all[words.start].original.start..all[words.end - 1].original.end
}
