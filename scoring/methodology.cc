#include "scoring/methodology.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "scoring/exact.h"
#include "scoring/methodology_parts.h"

namespace tiermark {
namespace {

bool IsWeighted(const v1::ScoringModel& model) {
  return model.method() == v1::SCORING_METHOD_WEIGHTED;
}

// Least sum in hundredths that rounds into the band.
int LeastExact(const v1::Band& band) { return std::max(0, 100 * band.min_score() - 50); }

v1::MethodologySection PurposeSection(const v1::ScoringModel& model) {
  v1::MethodologySection section;
  section.set_heading(IsSegmentation(model) ? "Why we segment accounts" : "What it is for");
  if (!model.description().empty()) section.add_paragraphs(model.description());
  if (IsSegmentation(model)) {
    section.add_paragraphs(
        "Our time is limited. Serve a large account and a small one alike, and the small one takes "
        "hours that the large one would have repaid.");
    section.add_paragraphs(
        "A score puts measurement in the place of impressions. It can be checked by hand, and "
        "whoever starts from the same facts ends at the same number.");
    section.add_paragraphs(
        "The segment then names a way of working, so that nobody has to invent one for each "
        "account.");
    section.add_paragraphs(
        "Prospects are scored as well as clients. The best moment is before the first meeting, "
        "when it is still open how much effort the sale is worth.");
  } else if (IsWeighted(model)) {
    section.add_paragraphs(
        "This score stands by itself: it is never blended with that of another model.");
  } else {
    section.add_paragraphs(
        "This score stands by itself: it is never blended with the weighted score of the "
        "segmentation.");
  }
  return section;
}

// How the sum becomes a score, with the lowest score of the highest band as the example.
std::string Rounding(const v1::ScoringModel& model) {
  std::string text =
      "Nothing is rounded on the way: contributions and their sum are exact to the hundredth. Only "
      "then is the sum rounded to the whole score, halves going up.";
  const v1::Band& top = model.bands(0);
  if (model.bands_size() > 1) {
    const int least = LeastExact(top);
    absl::StrAppend(
        &text, " The ", BandNoun(model), " is decided on that whole score: ", Hundredths(least),
        " becomes ", top.min_score(), " and is ", top.display_name(), ", while ",
        Hundredths(least - 1), " becomes ", top.min_score() - 1,
        " and is not. So the score and the ", BandNoun(model), " that you see always agree.");
  }
  return text;
}

void AddArithmetic(const v1::ScoringModel& model, v1::MethodologySection* section) {
  if (IsWeighted(model)) {
    section->add_paragraphs(
        "Every criterion gives an account whole points, from 0 to 100. Its points times its weight "
        "are its contribution to the score. The weights add up to 100 %, so the score lies between "
        "0 and 100 as well.");
    section->add_paragraphs(Rounding(model));
    return;
  }
  const bool negative = std::any_of(
      model.criteria().begin(), model.criteria().end(), [&model](const auto& criterion) {
        const std::vector<int> points = PointsIn(model, criterion);
        return std::any_of(points.begin(), points.end(), [](int each) { return each < 0; });
      });
  section->add_paragraphs(absl::StrCat(
      "Every criterion gives an account whole points",
      negative ? "; those below zero are taken away" : "",
      ". The score is the sum, held to 0 to 100: a sum below 0 counts as 0, and one above 100 as "
      "100."));
}

void AddUnknown(const v1::ScoringModel& model, v1::MethodologySection* section) {
  if (IsWeighted(model)) {
    const bool refuses =
        std::any_of(model.criteria().begin(), model.criteria().end(),
                    [&model](const auto& criterion) { return NeedsFact(model, criterion); });
    section->add_paragraphs(absl::StrCat(
        "Not known is not zero. The last row of each table below says what an unknown fact gives.",
        refuses ? " Where it says no score, the account has to wait until the fact is known; the "
                  "service then names everything that it lacks."
                : ""));
    return;
  }
  const bool other =
      std::any_of(model.criteria().begin(), model.criteria().end(), [](const auto& criterion) {
        return criterion.missing_points() != 0 || criterion.presence_points().absent_points() != 0;
      });
  section->add_paragraphs(absl::StrCat("A fact that is not known gives 0 points",
                                       other ? ", unless its criterion says otherwise." : "."));
}

v1::MethodologySection ScoreSection(const v1::ScoringModel& model) {
  v1::MethodologySection section;
  section.set_heading("How the score is made");
  AddArithmetic(model, &section);
  AddUnknown(model, &section);
  const bool money = std::any_of(model.criteria().begin(), model.criteria().end(),
                                 [](const auto& criterion) { return criterion.has_money_tiers(); });
  if (money) {
    section.add_paragraphs(absl::StrCat(
        "Amounts of money are compared in ", model.reference_currency(),
        ". Your own table of exchange rates converts the others, exactly; an amount whose currency "
        "has no rate there cannot be scored."));
  }
  return section;
}

absl::string_view SegmentName(v1::Segment segment) {
  switch (segment) {
    case v1::SEGMENT_STRATEGIC:
      return "Strategic";
    case v1::SEGMENT_ENTERPRISE:
      return "Enterprise";
    case v1::SEGMENT_COMMERCIAL:
      return "Commercial";
    case v1::SEGMENT_SMB:
      return "SMB";
    default:
      return "";
  }
}

// "Strategic", or "Gold (Strategic)" where the model calls the segment by another name.
std::string BandName(const v1::Band& band) {
  const absl::string_view segment = SegmentName(band.segment());
  if (segment.empty() || segment == band.display_name()) return band.display_name();
  return absl::StrCat(band.display_name(), " (", segment, ")");
}

// The sums that round into the band: "59.50 to 79.49".
std::string SumsOf(const v1::ScoringModel& model, int index) {
  const int least = LeastExact(model.bands(index));
  if (index == 0) return absl::StrCat(Hundredths(least), " or more");
  const int most = LeastExact(model.bands(index - 1)) - 1;
  return absl::StrCat(Hundredths(least), " to ", Hundredths(most));
}

v1::MethodologyTable TableOfBands(const v1::ScoringModel& model) {
  const bool grades =
      std::any_of(model.bands().begin(), model.bands().end(), [](const v1::Band& band) {
        return !band.grade().empty() && band.grade() != band.display_name();
      });
  v1::MethodologyTable table;
  table.add_columns(Capitalized(grades ? "band" : BandNoun(model)));
  if (grades) table.add_columns("Grade");
  table.add_columns("Score");
  if (IsWeighted(model)) table.add_columns("Before rounding");
  for (int i = 0; i < model.bands_size(); ++i) {
    std::vector<std::string> cells = {BandName(model.bands(i))};
    if (grades) cells.push_back(model.bands(i).grade());
    cells.push_back(ScoresOf(model, i));
    if (IsWeighted(model)) cells.push_back(SumsOf(model, i));
    AddRow(std::move(cells), &table);
  }
  return table;
}

v1::MethodologyTable TableOfPlaybook(const v1::Playbook& playbook) {
  v1::MethodologyTable table =
      TableOf({absl::StrCat("Playbook, version ", Count(playbook.version())), "What we do"});
  const auto add = [&table](const char* name, const std::string& text) {
    if (!text.empty()) AddRow({name, text}, &table);
  };
  add("Relationship owner", playbook.relationship_owner());
  add("Meeting cadence", playbook.meeting_cadence());
  add("Commercial approach", playbook.commercial_approach());
  add("Expansion strategy", playbook.expansion_strategy());
  add("Support model", playbook.support_model());
  add("Resource allocation", playbook.resource_allocation());
  add("Next step with a prospect", playbook.prospect_action());
  add("Next step with a client", playbook.client_action());
  return table;
}

v1::MethodologySection SegmentPart(const MethodologyInputs& inputs, int index) {
  const v1::Band& band = inputs.model.bands(index);
  v1::MethodologySection part;
  part.set_heading(absl::StrCat(BandName(band), ": ", ScoresOf(inputs.model, index)));
  const auto playbook =
      std::find_if(inputs.playbooks.begin(), inputs.playbooks.end(),
                   [&band](const auto& each) { return each.segment() == band.segment(); });
  if (playbook == inputs.playbooks.end()) {
    part.add_paragraphs("It has no playbook yet.");
  } else {
    *part.add_tables() = TableOfPlaybook(*playbook);
  }
  return part;
}

v1::MethodologySection BandsSection(const MethodologyInputs& inputs) {
  v1::MethodologySection section;
  section.set_heading(absl::StrCat("What each ", BandNoun(inputs.model), " means"));
  if (IsSegmentation(inputs.model)) {
    section.add_paragraphs(
        "A segment is more than a name for an account. It settles who looks after it, how often we "
        "meet, how it can grow with us and how it is supported.");
    for (int i = 0; i < inputs.model.bands_size(); ++i) {
      *section.add_subsections() = SegmentPart(inputs, i);
    }
  } else {
    section.add_paragraphs(
        absl::StrCat("The whole score decides the ", BandNoun(inputs.model), "."));
  }
  *section.add_tables() = TableOfBands(inputs.model);
  return section;
}

}  // namespace

v1::Methodology MethodologyOf(const MethodologyInputs& inputs) {
  const v1::ScoringModel& model = inputs.model;
  v1::Methodology methodology;
  methodology.set_title(absl::StrCat(
      model.display_name(), ", ",
      model.version() > 0 ? absl::StrCat("version ", Count(model.version())) : "draft"));
  *methodology.add_sections() = PurposeSection(model);
  *methodology.add_sections() = ScoreSection(model);
  *methodology.add_sections() = CriteriaSection(model, inputs.shipped_defaults);
  *methodology.add_sections() = BandsSection(inputs);
  if (IsSegmentation(model)) *methodology.add_sections() = ReevaluationSection(inputs.policy);
  *methodology.add_sections() = ExampleSection(model);
  return methodology;
}

bool IsSegmentation(const v1::ScoringModel& model) {
  return model.bands(0).segment() != v1::SEGMENT_UNSPECIFIED;
}

absl::string_view BandNoun(const v1::ScoringModel& model) {
  if (IsSegmentation(model)) return "segment";
  return model.bands(0).grade().empty() ? "band" : "grade";
}

std::string ScoresOf(const v1::ScoringModel& model, int index) {
  const int least = model.bands(index).min_score();
  const int most = index == 0 ? 100 : model.bands(index - 1).min_score() - 1;
  return least == most ? absl::StrCat(least) : absl::StrCat(least, "–", most);
}

const std::string& NameOf(const v1::Criterion& criterion) {
  return criterion.display_name().empty() ? criterion.criterion_id() : criterion.display_name();
}

std::string NameOf(const v1::Category& category, bool of_enum) {
  std::string words =
      of_enum
          ? Capitalized(absl::AsciiStrToLower(absl::StrReplaceAll(category.value(), {{"_", " "}})))
          : category.value();
  if (category.label().empty() || category.label() == words) return words;
  return absl::StrCat(category.label(), " (", category.value(), ")");
}

bool IsPlural(const FactKind& fact) {
  return !fact.noun_of_one.empty() && fact.noun_of_one != fact.noun;
}

std::string Count(int64_t count) { return FormatDecimalForPeople(Nanos(count) * kNanosPerUnit); }

std::string CountOf(int64_t count, absl::string_view noun) {
  return absl::StrCat(Count(count), " ", noun, count == 1 ? "" : "s");
}

std::string Hundredths(int hundredths) {
  return absl::StrCat(hundredths / 100, ".", absl::Dec(hundredths % 100, absl::kZeroPad2));
}

std::string Capitalized(absl::string_view text) {
  std::string capitalized(text.data(), text.size());
  if (!capitalized.empty()) {
    capitalized[0] = absl::ascii_toupper(static_cast<unsigned char>(capitalized[0]));
  }
  return capitalized;
}

v1::MethodologyTable TableOf(std::vector<std::string> columns) {
  v1::MethodologyTable table;
  for (std::string& column : columns) table.add_columns(std::move(column));
  return table;
}

void AddRow(std::vector<std::string> cells, v1::MethodologyTable* table) {
  v1::MethodologyRow* row = table->add_rows();
  for (std::string& cell : cells) row->add_cells(std::move(cell));
}

}  // namespace tiermark
