// When accounts are looked at again, by the policy.
#include "absl/strings/str_cat.h"
#include "scoring/methodology_parts.h"

namespace tiermark {
namespace {

bool IsRolling(const v1::ReevaluationPolicy& policy) {
  return policy.quarterly_interval() == v1::QUARTERLY_INTERVAL_ROLLING;
}

std::string Growth(const v1::ReevaluationPolicy& policy) {
  return absl::StrCat(Count(policy.growth_threshold_percent()), " %");
}

void AddNewAccounts(const v1::ReevaluationPolicy& policy, v1::MethodologyTable* table) {
  if (policy.new_account_months() == 0) return;
  const std::string months = CountOf(policy.new_account_months(), "month");
  AddRow({"New account",
          absl::StrCat("A prospect in the ", months, " from its creation, a client in the ", months,
                       " from becoming one, if the next due day still falls within that time"),
          absl::StrCat(CountOf(policy.new_account_interval_months(), "calendar month"),
                       " after the last evaluation"),
          "At once"},
         table);
}

void AddQuarterly(const v1::ReevaluationPolicy& policy, v1::MethodologyTable* table) {
  AddRow({"Quarterly review",
          policy.new_account_months() == 0 ? "Every account that has been scored"
                                           : "Every other account that has been scored",
          IsRolling(policy) ? "Three calendar months after the last evaluation"
                            : "On the first day of the calendar quarter after the last evaluation",
          IsRolling(policy) ? "Three calendar months after it became due"
                            : "On the first day of the quarter after that"},
         table);
  AddRow({"Quarterly review", "A client that was never scored", "On its creation",
          IsRolling(policy) ? "Three calendar months after its creation"
                            : "On the first day of the calendar quarter after its creation"},
         table);
}

v1::MethodologyTable TableOfReasons(const v1::ReevaluationPolicy& policy) {
  v1::MethodologyTable table = TableOf({"Reason", "Which accounts", "Due", "Overdue"});
  AddRow({"Event", "Any account to which something significant has happened, as listed below",
          "On the day of the event, or of its report if that comes later", "At once"},
         &table);
  AddRow({"First meeting", "A lead or prospect that was never scored", "On its creation",
          "On the day of the first meeting; while none is dated, at once"},
         &table);
  AddRow({"Model changed",
          "An account that a newly published version would move, if its publisher asks for it",
          "On publication", "At once"},
         &table);
  AddNewAccounts(policy, &table);
  AddQuarterly(policy, &table);
  return table;
}

v1::MethodologySection EventsPart(const v1::ReevaluationPolicy& policy) {
  v1::MethodologySection part;
  part.set_heading("What counts as an event");
  part.add_paragraphs(
      "Whoever scores accounts can report any of these. All but acquisitions and mergers are also "
      "detected when the facts differ from those of the last evaluation that counts; before the "
      "first such evaluation, nothing is.");
  v1::MethodologyTable* table = part.add_tables();
  *table = TableOf({"Event", "Detected"});
  AddRow({"Acquisition or merger", "No, it has to be reported"}, table);
  AddRow({"Growth of the past-due portfolio",
          absl::StrCat("When the number of past-due cases has grown by more than ", Growth(policy),
                       ", or from none at all")},
         table);
  AddRow({"Expansion to a new country", "When a country appears that was not there before"}, table);
  AddRow({"Major change in its own financial product mix",
          "When a kind of product that it offers its customers is added or dropped"},
         table);
  return part;
}

}  // namespace

v1::MethodologySection ReevaluationSection(const v1::ReevaluationPolicy& policy) {
  v1::MethodologySection section;
  section.set_heading("When to re-evaluate");
  section.add_paragraphs(
      "Accounts change, and a score is only as fresh as its facts. The table lists every reason to "
      "look again, the most urgent first. An account with several stands in the queue once, under "
      "the most urgent one that is due.");
  section.add_paragraphs(
      "Only a stored evaluation by the active version of this model counts: it closes the events "
      "that are due, and sets the next due day.");
  section.add_paragraphs("An account marked as lost or cancelled is never due.");
  section.add_paragraphs(
      absl::StrCat("Days are those of the time zone ", policy.time_zone(),
                   ". Months are calendar months; in a month that is too short, the last day "
                   "counts."));
  *section.add_tables() = TableOfReasons(policy);
  *section.add_subsections() = EventsPart(policy);
  return section;
}

}  // namespace tiermark
