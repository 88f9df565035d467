// tiermark model list, show, validate, diff and publish; simulate has a file of its own.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/commands.h"
#include "clients/cli/model_source.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "tiermark/v1/model_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Model = v1::ModelService::Stub;

constexpr char kModelHelp[] = "MODEL, MODEL@VERSION, or the id of a draft";

std::string VersionOf(const v1::ModelInfo& info) {
  return info.draft_id().empty() ? absl::StrCat(info.version()) : info.draft_id();
}

// What a criterion's rule is, in a few words.
std::string RuleOf(const v1::Criterion& criterion) {
  switch (criterion.rule_case()) {
    case v1::Criterion::kNumericTiers:
      return absl::StrCat(criterion.numeric_tiers().tiers_size(), " tiers of a number");
    case v1::Criterion::kMoneyTiers:
      return absl::StrCat(criterion.money_tiers().tiers_size(), " tiers of an amount");
    case v1::Criterion::kCategoryPoints:
      return absl::StrCat(criterion.category_points().categories_size(), " categories");
    case v1::Criterion::kPresencePoints:
      return "known or not";
    case v1::Criterion::kRecencyTiers:
      return absl::StrCat(criterion.recency_tiers().tiers_size(), " tiers of days since");
    case v1::Criterion::kDistinctCountTiers:
      return absl::StrCat(criterion.distinct_count_tiers().tiers_size(), " tiers of a count");
    case v1::Criterion::RULE_NOT_SET:
      break;
  }
  return "";
}

void PrintWarnings(const google::protobuf::RepeatedPtrField<v1::ModelWarning>& warnings,
                   const Session& session) {
  for (const v1::ModelWarning& warning : warnings) {
    session.err() << "warning: " << Clean(warning.field()) << ": " << Clean(warning.message())
                  << "\n";
  }
}

void PrintModel(const v1::GetModelResponse& answer, const Session& session) {
  const v1::ModelInfo& info = answer.info();
  const v1::ScoringModel& model = answer.model();
  Fields fields;
  fields.Add("Model", info.model_id());
  fields.Add(info.draft_id().empty() ? "Version" : "Draft", VersionOf(info));
  fields.Add("State", WordsOf(info.state()));
  fields.Add("Name", model.display_name());
  fields.Add("About", model.description());
  fields.Add("Method", WordsOf(model.method()));
  fields.Add("Currency", model.reference_currency());
  fields.Add("Digest", info.digest());
  fields.Add("Published", TextOf(info.publish_time()));
  fields.Add("Retired", TextOf(info.retire_time()));
  if (info.has_marking()) {
    fields.Add("Marking", absl::StrCat(Grouped(info.marking().accounts_marked()), " of ",
                                       Grouped(info.marking().accounts_done()), " accounts move",
                                       info.marking().has_finish_time() ? "" : ", and it goes on"));
  }
  session.Print(fields);
  Table criteria({"CRITERION", {"WEIGHT", Align::kRight}, "FACT", "RULE"});
  for (const v1::Criterion& criterion : model.criteria()) {
    criteria.Add(
        {criterion.display_name(),
         criterion.weight_percent() == 0 ? "-" : absl::StrCat(criterion.weight_percent(), " %"),
         criterion.fact(), RuleOf(criterion)});
  }
  session.out() << "\n";
  session.Print(criteria);
  Table bands({"BAND", {"FROM", Align::kRight}, "SEGMENT", "GRADE"});
  for (const v1::Band& band : model.bands()) {
    bands.Add({band.display_name(), absl::StrCat(band.min_score()), OrDash(WordsOf(band.segment())),
               OrDash(band.grade())});
  }
  session.out() << "\n";
  session.Print(bands);
}

void AddModelList(CLI::App* app, Session* session) {
  struct Options {
    std::string model_id;
    std::vector<std::string> states;
    int limit = kDefaultLimit;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("list", "List the versions and drafts of all models");
  command->add_option("MODEL", options->model_id, "Only of this model");
  AddList(command, "--state", &options->states, "STATES", "In one of these states")
      ->check(OneOf<v1::ModelState>());
  AddLimit(command, &options->limit);
  session->OnRun(command, [session, options](const Client& client) {
    v1::ListModelsRequest request;
    request.set_model_id(options->model_id);
    for (const std::string& state : options->states) {
      request.add_states(EnumOf<v1::ModelState>(state));
    }
    Table table({"MODEL", {"VERSION", Align::kRight}, "STATE", "METHOD", "SINCE", "NAME"});
    absl::Status listed = ForEach(
        client, &Model::ListModels, request, options->limit, *session,
        [](const v1::ListModelsResponse& page) -> const auto& { return page.models(); },
        [&](const v1::ModelInfo& info) {
          if (session->json()) return session->PrintJson(info);
          const std::string since =
              info.shipped()
                  ? "shipped"
                  : TextOf(info.has_publish_time() ? info.publish_time() : info.update_time());
          table.Add({info.model_id(), VersionOf(info), WordsOf(info.state()),
                     WordsOf(info.method()), OrDash(since), info.display_name()});
        });
    if (listed.ok() && !session->json()) session->Print(table);
    return listed;
  });
}

void AddModelShow(CLI::App* app, Session* session) {
  struct Options {
    std::string model;
    bool text = false;
    bool methodology = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("show", "Show a version of a model, or a draft");
  command->add_option("MODEL", options->model, kModelHelp)->check(CheckSelector)->required();
  auto* text = command->add_flag("--text", options->text,
                                 "As the text that validate, simulate and publish take");
  command
      ->add_flag("--methodology", options->methodology,
                 "Told to people, in words and tables of Markdown")
      ->excludes(text);
  session->OnRun(command, [session, options](const Client& client) {
    if (options->methodology) {
      v1::GetMethodologyRequest request;
      SetModel(options->model, &request);
      const auto answer = client.Call(&Model::GetMethodology, request);
      if (!answer.ok()) return answer.status();
      if (session->json()) {
        session->PrintJson(*answer);
      } else {
        session->out() << answer->markdown();
      }
      return absl::OkStatus();
    }
    v1::GetModelRequest request;
    SetModel(options->model, &request);
    if (options->text) request.set_text_format(v1::MODEL_TEXT_FORMAT_TEXT_PROTO);
    const auto answer = client.Call(&Model::GetModel, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
    } else if (options->text) {
      session->out() << answer->text();
    } else {
      PrintModel(*answer, *session);
      PrintWarnings(answer->warnings(), *session);
    }
    return absl::OkStatus();
  });
}

void AddModelValidate(CLI::App* app, Session* session) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand(
      "validate", "Print every fault of a model, as FILE:LINE:COLUMN: FIELD: what is wrong");
  command->add_option("FILE", *file, "Text format or JSON; - for standard input")
      ->type_name("FILE")
      ->required();
  session->OnRun(command, [session, file](const Client& client) {
    v1::CheckModelRequest request;
    if (absl::Status read = ReadModel(*file, &request); !read.ok()) return read;
    const auto answer = client.Call(&Model::CheckModel, request);
    if (!answer.ok()) return answer.status();
    if (!answer->faults().empty()) session->set_exit_code(ExitCode::kInvalid);
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    for (const v1::ModelFault& fault : answer->faults()) {
      session->out() << *file;
      if (fault.has_line()) session->out() << ":" << fault.line() << ":" << fault.column();
      if (!fault.field().empty()) session->out() << ": " << Clean(fault.field());
      session->out() << ": " << Clean(fault.message()) << "\n";
    }
    PrintWarnings(answer->warnings(), *session);
    if (answer->faults().empty()) session->out() << *file << ": sound\n";
    return absl::OkStatus();
  });
}

void AddModelDiff(CLI::App* app, Session* session) {
  struct Options {
    std::string from;
    std::string to;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand("diff", "Say in words what differs between two models");
  command->add_option("FROM", options->from, kModelHelp)->check(CheckSelector)->required();
  command->add_option("TO", options->to, kModelHelp)->check(CheckSelector)->required();
  session->OnRun(command, [session, options](const Client& client) {
    v1::CompareModelsRequest request;
    *request.mutable_from() = SelectorOf(options->from);
    *request.mutable_to() = SelectorOf(options->to);
    const auto answer = client.Call(&Model::CompareModels, request);
    if (!answer.ok()) return answer.status();
    if (!answer->differences().empty()) session->set_exit_code(ExitCode::kDifferent);
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    for (const v1::ModelDifference& difference : answer->differences()) {
      session->out() << Clean(difference.message()) << "\n";
    }
    if (answer->differences().empty()) session->out() << "they do not differ\n";
    return absl::OkStatus();
  });
}

void AddModelPublish(CLI::App* app, Session* session) {
  struct Options {
    std::string model;
    bool mark_moved = false;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "publish", "Make a draft, or the model of a file, the active version of its model");
  command->add_option("DRAFT", options->model, "Id of the draft, or a file: .textproto, .json, -")
      ->required();
  command->add_flag("--mark-moved", options->mark_moved,
                    "Make the accounts due that change their segment by it");
  command->add_flag("--dry-run", options->dry_run, "Only say whether it could be published");
  session->OnRun(command, [session, options](const Client& client) {
    v1::PublishModelRequest publish;
    publish.set_mark_moved_accounts(options->mark_moved);
    publish.set_validate_only(options->dry_run);
    publish.set_draft_id(options->model);
    if (IsFile(options->model)) {
      const auto draft = DraftOfFile(client, options->model);
      if (!draft.ok()) return draft.status();
      publish.set_draft_id(*draft);
    }
    const auto answer = client.Call(&Model::PublishModel, publish);
    if (IsFile(options->model) && (options->dry_run || !answer.ok())) {
      const absl::Status dropped = DropDraft(client, publish.draft_id());
      if (!dropped.ok()) session->Note(dropped.message());
    }
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
    } else if (options->dry_run) {
      session->out() << Clean(answer->info().model_id()) << " could be published\n";
    } else {
      session->out() << "published " << Clean(answer->info().model_id()) << " version "
                     << answer->info().version() << "\n";
    }
    return absl::OkStatus();
  });
}

}  // namespace

void AddModelCommand(CLI::App* app, Session* session) {
  CLI::App* command = app->add_subcommand("model", "Show, check, try and publish scoring models");
  command->require_subcommand(1);
  AddModelList(command, session);
  AddModelShow(command, session);
  AddModelValidate(command, session);
  AddModelDiff(command, session);
  AddModelSimulateCommand(command, session);
  AddModelPublish(command, session);
}

}  // namespace tiermark::cli
