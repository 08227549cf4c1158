"""Scores responses: the share of a response's words that are different ones, and whether it repeats the prompt.

runflow starts this in a folder with inputs/responses.jsonl, a line for each response with `prompt` and `response`. For
each of them, in the same order, it writes a line to outputs/scores.jsonl. null is a response that cannot be scored.
"""

import json

with open("inputs/responses.jsonl", encoding="utf-8") as responses:
    given = [json.loads(line) for line in responses]

with open("outputs/scores.jsonl", "w", encoding="utf-8") as scores:
    for item in given:
        words = item["response"].split()
        variety = len(set(words)) / len(words) if words else None
        echo = 1 if item["prompt"].strip() in item["response"] else 0
        scores.write(json.dumps({"item": item["item"], "variety": variety, "echo": echo}) + "\n")
