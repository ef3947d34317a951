"""A row of the table in docs/benchmarks.md."""

import statistics


class Figure:
    """`rounds` are the values of runs in turn; the median counts."""

    def __init__(self, name, goal, rounds, detail, command):
        self.name, self.goal, self.rounds, self.detail, self.command = name, goal, rounds, detail, command

    def as_row(self):
        rounds = f" ({', '.join(f'{value:.3g}' for value in self.rounds)})" if len(self.rounds) > 1 else ""
        value = statistics.median(self.rounds)
        return f"| {self.name} | {self.goal} | **{value:.3g}**{rounds} | {self.detail} | `{self.command}` |"
