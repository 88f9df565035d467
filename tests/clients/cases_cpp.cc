// Runs clients/cases/cases.json through the C++ client; its README says how.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/json_util.h"
#include "tiermark/client.h"
#include "tiermark/v1/account_service.grpc.pb.h"
#include "tiermark/v1/admin_service.grpc.pb.h"
#include "tiermark/v1/model_service.grpc.pb.h"
#include "tiermark/v1/scoring_service.grpc.pb.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr milliseconds kDeadline{20'000};

// What a call gave, and how it ended.
struct Outcome {
  std::vector<json> messages;
  absl::Status status;
};

// Ends a case.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class Message>
Message FromJson(const json& from) {
  Message message;
  const auto status = google::protobuf::util::JsonStringToMessage(from.dump(), &message);
  if (!status.ok()) throw Wrong(absl::StrCat("the request is none: ", status.message().ToString()));
  return message;
}

json ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) throw Wrong(absl::StrCat("not printed: ", status.message().ToString()));
  return json::parse(text);
}

milliseconds DeadlineOf(const json& step) {
  return step.contains("deadline_ms") ? milliseconds(step["deadline_ms"].get<int>()) : kDeadline;
}

// The elements of the list that a page has, which is its first field.
void AddItems(const google::protobuf::Message& page, std::vector<json>* items) {
  const auto* field = page.GetDescriptor()->field(0);
  const auto* reflection = page.GetReflection();
  for (int i = 0; i < reflection->FieldSize(page, field); ++i) {
    items->push_back(ToJson(reflection->GetRepeatedMessage(page, field, i)));
  }
}

// One call by each of the client's ways, which the type of the stub's method decides.
template <class Stub, class Request, class Response>
Outcome Run(UnaryRpc<Stub, Request, Response> rpc, const Client& client, const json& step) {
  Outcome outcome;
  const auto request = FromJson<Request>(step.value("request", json::object()));
  if (!step.contains("iterate")) {
    const auto answer = client.Call(rpc, request);
    outcome.status = answer.status();
    if (answer.ok()) outcome.messages.push_back(ToJson(*answer));
    return outcome;
  }
  if constexpr (requires(Request q, Response r) { q.page_token(), r.next_page_token(); }) {
    Pages pages(&client, rpc, request);
    while (const auto page = pages.Next()) AddItems(*page, &outcome.messages);
    outcome.status = pages.status();
    return outcome;
  }
  throw Wrong("has no pages");
}

template <class Stub, class Request, class Response>
Outcome Run(std::unique_ptr<grpc::ClientReader<Response>> (Stub::*rpc)(grpc::ClientContext*,
                                                                       const Request&),
            const Client& client, const json& step) {
  Outcome outcome;
  Stub stub(client.channel());
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + DeadlineOf(step));
  client.Prepare(&context);
  const auto stream = (stub.*rpc)(&context, FromJson<Request>(step["requests"][0]));
  Response response;
  while (stream->Read(&response)) outcome.messages.push_back(ToJson(response));
  outcome.status = Client::CallError(stream->Finish());
  return outcome;
}

template <class Stub, class Request, class Response>
Outcome Run(
    std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> (Stub::*rpc)(grpc::ClientContext*),
    const Client& client, const json& step) {
  Outcome outcome;
  Stub stub(client.channel());
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + DeadlineOf(step));
  client.Prepare(&context);
  const auto stream = (stub.*rpc)(&context);
  for (const json& request : step["requests"]) stream->Write(FromJson<Request>(request));
  stream->WritesDone();
  Response response;
  while (stream->Read(&response)) outcome.messages.push_back(ToJson(response));
  outcome.status = Client::CallError(stream->Finish());
  return outcome;
}

// Every RPC of the protos by its name; the build writes the list.
const std::map<std::string, std::function<Outcome(const Client&, const json&)>>& Rpcs() {
  static const auto* rpcs =
      new std::map<std::string, std::function<Outcome(const Client&, const json&)>>{
#define TIERMARK_RPC(service, method)                                                \
  {"tiermark.v1." #service "/" #method, [](const Client& client, const json& step) { \
     return Run(&v1::service::Stub::method, client, step);                           \
   }},
#include "rpcs.inc"
#undef TIERMARK_RPC
      };
  return *rpcs;
}

// Puts kept values where their names stand in braces.
json Replaced(const json& value, const std::map<std::string, std::string>& names) {
  if (value.is_string()) {
    auto text = value.get<std::string>();
    for (const auto& [name, kept] : names) {
      const std::string braced = absl::StrCat("{", name, "}");
      for (size_t at = text.find(braced); at != std::string::npos;
           at = text.find(braced, at + kept.size())) {
        text.replace(at, braced.size(), kept);
      }
    }
    return text;
  }
  json replaced = value;
  for (auto it = replaced.begin(); value.is_structured() && it != replaced.end(); ++it) {
    *it = Replaced(*it, names);
  }
  return replaced;
}

void Compare(const json& want, const json& got, const std::string& path) {
  if (want.is_object() && got.is_object()) {
    for (const auto& [key, value] : want.items()) {
      Compare(value, got.value(key, json()), absl::StrCat(path, ".", key));
    }
  } else if (want.is_array() && got.is_array() && want.size() == got.size()) {
    for (size_t i = 0; i < want.size(); ++i) {
      Compare(want[i], got[i], absl::StrCat(path, ".", i));
    }
  } else if (want != got) {
    throw Wrong(absl::StrCat(path, " is ", got.dump(), ", not ", want.dump()));
  }
}

void CompareError(const json& step, const absl::Status& status) {
  if (!step.contains("error")) {
    if (!status.ok()) throw Wrong(absl::StrCat("failed: ", status.ToString()));
    return;
  }
  json want = step["error"];
  if (status.ok()) throw Wrong(absl::StrCat("succeeded, but ", want.dump(), " is wanted"));
  const ErrorDetails details = DetailsOf(status);
  std::vector<std::string> fields;
  for (const auto& [path, description] : details.field_violations) fields.push_back(path);
  std::sort(fields.begin(), fields.end());
  if (want.contains("fields")) std::sort(want["fields"].begin(), want["fields"].end());
  Compare(want,
          {{"code", absl::StatusCodeToString(status.code())},
           {"reason", details.reason},
           {"fields", fields}},
          "error");
}

std::string At(json value, const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (const std::string& part : parts) {
    value = value.is_array() ? value.at(std::stoul(part)) : value.at(part);
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

class Runner {
 public:
  void RunCase(const json& of) {
    std::map<std::string, std::string> names{{"run", run_}};
    int number = 0;
    for (const json& unreplaced : of["steps"]) {
      ++number;
      const json step = Replaced(unreplaced, names);
      std::string rpc;
      for (const char* kind : {"rpc", "iterate", "stream"}) rpc += step.value(kind, "");
      try {
        RunStep(step, rpc, &names);
      } catch (const std::exception& wrong) {
        throw Wrong(absl::StrCat("step ", number, " (", rpc, "): ", wrong.what()));
      }
    }
  }

  std::vector<std::string> MissingNeeds(const json& of) const {
    std::vector<std::string> missing;
    for (const auto& need : of.value("needs", std::vector<std::string>())) {
      const bool keys = need == "keys" && !Environment("TIERMARK_KEY").empty();
      if (!keys && need != "both_ways") missing.push_back(need);
    }
    return missing;
  }

 private:
  static void RunStep(const json& step, const std::string& rpc,
                      std::map<std::string, std::string>* names) {
    const auto client = Client::Create(OptionsOf(step));
    if (!client.ok()) throw Wrong(client.status().ToString());
    const Outcome outcome = Rpcs().at(rpc)(*client, step);
    const std::vector<json>& got = outcome.messages;
    CompareError(step, outcome.status);
    if (step.contains("want")) Compare(step["want"], got.at(0), "answer");
    if (step.contains("want_items")) Compare(step["want_items"], got, "items");
    if (step.contains("want_last")) {
      Compare(step["want_last"], got.empty() ? json() : got.back(), "last message");
    }
    if (got.size() != step.value("want_count", got.size()) ||
        got.size() < step.value("want_count_min", size_t{0})) {
      throw Wrong(absl::StrCat(got.size(), " came"));
    }
    const json keep = step.value("keep", json::object());
    for (const auto& [name, path] : keep.items()) {
      (*names)[name] = At(step.contains("iterate") ? json(got) : got.at(got.size() - 1), path);
    }
  }

  static ClientOptions OptionsOf(const json& step) {
    ClientOptions options;
    options.target = Environment("TIERMARK_ADDRESS");
    options.deadline = DeadlineOf(step);
    const std::string ca_file = Environment("TIERMARK_CA_FILE");
    if (!ca_file.empty()) options.tls.emplace().ca_file = ca_file;
    const std::string as = step.value("as", "");
    if (as == "wrong") {
      options.api_key = "tmk_wrong";
    } else {
      options.api_key = Environment(as == "viewer"   ? "TIERMARK_VIEWER_KEY"
                                    : as == "scorer" ? "TIERMARK_SCORER_KEY"
                                                     : "TIERMARK_KEY");
    }
    return options;
  }

  std::string run_ = absl::StrCat(absl::Hex(std::random_device()(), absl::kZeroPad8));
};

int Main() {
  std::ifstream file(Environment("TIERMARK_CASES"));
  const json cases = json::parse(file)["cases"];
  Runner runner;
  int ran = 0;
  int failed = 0;
  for (const json& of : cases) {
    const std::string name = of["name"];
    const auto missing = runner.MissingNeeds(of);
    if (!missing.empty()) {
      std::cout << "left out " << name << ": needs " << absl::StrJoin(missing, ", ") << "\n";
      continue;
    }
    ++ran;
    try {
      runner.RunCase(of);
      std::cout << "ok " << name << "\n";
    } catch (const Wrong& wrong) {
      ++failed;
      std::cout << "FAILED " << name << ", " << wrong.what() << "\n";
    }
  }
  return failed > 0 || ran == 0 ? 1 : 0;
}

}  // namespace
}  // namespace tiermark

int main() {
  try {
    return tiermark::Main();
  } catch (const std::exception& error) {
    std::cerr << "the cases cannot be read: " << error.what() << "\n";
    return 2;
  }
}
