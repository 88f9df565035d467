"""One table of ratios, and one with the figures behind them."""
import dataclasses
import os
import platform
import statistics


@dataclasses.dataclass
class Result:
    """One line of the table."""
    row: str
    what: str
    beside: str
    # One for each round; what the goals are about.
    ratios: list
    # Ascending: the first goal, and the one to come; none: it is told and not judged. With `at_most`
    # they are upper bounds.
    goals: list
    at_most: bool = False
    unit: str = ""
    # Figures behind it: pairs of a name and a text.
    details: list = dataclasses.field(default_factory=list)

    def figure(self):
        low, middle, high = min(self.ratios), statistics.median(self.ratios), max(self.ratios)
        if len(self.ratios) == 1:
            return f"{middle:.2f}{self.unit}"
        return f"{middle:.2f}{self.unit} [{low:.2f}–{high:.2f}]"

    def goal(self):
        sign = "≤" if self.at_most else "≥"
        return ", then ".join(f"{sign} {goal:g}{self.unit}" for goal in self.goals) or "–"

    def verdict(self):
        if not self.goals:
            return "–"
        middle = statistics.median(self.ratios)
        met = [goal for goal in self.goals if (middle <= goal if self.at_most else middle >= goal)]
        if len(met) == len(self.goals):
            return "met"
        return f"first met, {self.goals[-1]:g} not yet" if met else "MISSED"


def print_table(titles, lines):
    widths = [max(len(line[i]) for line in [titles, *lines]) for i in range(len(titles))]
    def text(cells):
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
    print(text(titles))
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for line in lines:
        print(text(line))


def print_report(setup, results):
    print(f"{os.cpu_count()} processors for servers and load together, Linux "
          f"{platform.release().split('-')[0]}; medians of {setup.rounds} rounds of "
          f"{setup.seconds:g} s; {setup.accounts} accounts")
    print()
    print_table(
        ["row", "what", "limit or peer", "ratio median [min–max]", "goal", "verdict"],
        [[result.row, result.what, result.beside, result.figure(), result.goal(),
          "not judged" if setup.quick else result.verdict()] for result in results])
    for result in results:
        if result.details:
            print(f"\n{result.row}: " + "; ".join(f"{name} {text}" for name, text in result.details))
