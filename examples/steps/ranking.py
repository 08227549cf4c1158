"""Ranks the tensors of each pair by how far their overlap is above chance, averaged over the energies.

runflow starts this in a folder with the workflow's overlap.csv as inputs/overlap.csv. It writes a table, which runflow
checks, and a text, which it takes as it is. Both go to steps/ranking/ in the folder of results.
"""

import csv
import os

above = {}
with open("inputs/overlap.csv", encoding="utf-8", newline="") as table:
    for row in csv.DictReader(table):
        if row["tensor"]:
            found = above.setdefault((row["pair"], row["tensor"]), [])
            found.append(float(row["overlap"]) - float(row["baseline"]))

means = [(pair, tensor, sum(values) / len(values)) for (pair, tensor), values in above.items()]
means.sort(key=lambda row: (row[0], -row[2]))
with open("outputs/ranking.csv", "w", encoding="utf-8", newline="") as table:
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["pair", "tensor", "above_baseline"])
    writer.writerows(means)

os.makedirs("outputs/notes")
with open("outputs/notes/first.txt", "w", encoding="utf-8") as notes:
    for pair in sorted({row[0] for row in means}):
        tensor = next(row[1] for row in means if row[0] == pair)
        notes.write(f"{pair}: {tensor}\n")
