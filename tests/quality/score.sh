#!/bin/sh
# Decides labelled messages with the starter pack and scores the decisions.
#
#   tests/quality/score.sh FOLDER SCORER [SCORER-OPTION …]
#
# FOLDER holds JSONL files whose lines have "id", "text" and "intent" ("oos" for messages that are not the shop's).
# SCORER is a program that takes --gold FOLDER and --pred FILE. Two predictions are scored: what the engine asserts,
# whatever its mode, and what it would send. Intents under rules/foreign are no intents of a shop: they count as none.
# The messages are not part of the repository; their licences differ.
set -eu

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1
scorer=$2
shift 2
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat "$folder"/*.jsonl > "$work/gold.jsonl"
cargo run --quiet --manifest-path "$root/Cargo.toml" -- --config "$root/config.example.yaml" \
  match --jsonl --at 2026-11-21T20:00:00Z < "$work/gold.jsonl" > "$work/decisions.jsonl"

foreign=$(for file in "$root"/rules/foreign/*.yaml; do basename "$file" .yaml; done)
for mapping in asserted sent; do
  FOREIGN=$foreign MAPPING=$mapping python3 -c '
import json, os, sys
foreign, mapping = set(os.environ["FOREIGN"].split()), os.environ["MAPPING"]
for line in sys.stdin:
    made = json.loads(line)
    intent = None if made["intent"] in foreign else made["intent"]
    speaks = made["confident"] if mapping == "asserted" else made["action"] in ("answer", "ask")
    action = "answer" if speaks and intent else "escalate"
    print(json.dumps({"id": made["id"], "intent": intent, "confidence": made["confidence"], "action": action}))
' < "$work/decisions.jsonl" > "$work/$mapping.jsonl"
  echo "### $mapping"
  python3 "$scorer" --gold "$folder" --pred "$work/$mapping.jsonl" "$@"
done
