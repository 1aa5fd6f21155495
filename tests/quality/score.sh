#!/bin/sh
# Decides labelled messages with the starter pack and scores the decisions.
#
#   tests/quality/score.sh FOLDER SCORER [SCORER-OPTION …]
#
# FOLDER holds JSONL files whose lines have "id", "text" and "intent" ("oos" for messages that are not the shop's).
# SCORER is a program that takes --gold FOLDER and --pred FILE. Two predictions are scored: what the engine asserts,
# whatever its mode, and what it would send, by a shop of all twelve languages. What a rule counts as whose intent the
# messages do not know is in tests/data/quality/intent-map.tsv.
# The messages are not part of the repository; their licences differ.
set -eu

[ $# -ge 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1
scorer=$2
shift 2
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat "$folder"/*.jsonl > "$work/gold.jsonl"
ln -s "$root/rules" "$root/replies" "$work"
sed 's/languages: \[en, zh\]/languages: [en, zh, es, fr, de, pt, it, ru, ja, ko, ar, pl]/' \
  "$root/config.example.yaml" > "$work/config.yaml"
cargo run --release --quiet --manifest-path "$root/Cargo.toml" -- --config "$work/config.yaml" \
  match --jsonl --at 2026-11-21T20:00:00Z < "$work/gold.jsonl" > "$work/decisions.jsonl"

for mapping in asserted sent; do
  MAP=$root/tests/data/quality/intent-map.tsv MAPPING=$mapping python3 -c '
import json, os, sys
mapping = os.environ["MAPPING"]
rows = [line.rstrip("\n").split("\t") for line in open(os.environ["MAP"], encoding="utf-8") if line[0] != "#"]
names = {rule: None if intent == "none" else intent for rule, intent in rows}
for line in sys.stdin:
    made = json.loads(line)
    intent = names.get(made["intent"], made["intent"])
    speaks = made["confident"] if mapping == "asserted" else made["action"] in ("answer", "ask")
    action = "answer" if speaks and intent else "escalate"
    print(json.dumps({"id": made["id"], "intent": intent, "confidence": made["confidence"], "action": action}))
' < "$work/decisions.jsonl" > "$work/$mapping.jsonl"
  echo "### $mapping"
  python3 "$scorer" --gold "$folder" --pred "$work/$mapping.jsonl" "$@"
done
