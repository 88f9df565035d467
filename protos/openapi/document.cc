#include "protos/openapi/document.h"

#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "protos/openapi/comments.h"
#include "protos/openapi/errors.h"
#include "protos/openapi/names.h"
#include "protos/openapi/operations.h"
#include "protos/openapi/schemas.h"
#include "protos/openapi/unfolding.h"
#include "protos/openapi/well_known.h"

namespace tiermark::openapi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kDescription[] =
    "Scores business accounts, places them in segments and tells when to look at them again.\n\n"
    "Every operation is a POST with a JSON body, by the Connect protocol. Nothing is required of a "
    "body but what the descriptions ask for; what is not set is left out, in answers too: false, 0 "
    "and empty then. Programs should bear fields and values that they do not know, as later "
    "versions "
    "add some.\n\n"
    "Descriptions write the names of fields as the contract does (`account_id`); JSON has them as "
    "`accountId`. Times are RFC 3339, durations are seconds such as \"1.5s\", 64-bit integers are "
    "strings, and update masks are names joined by commas.";

// By name, so that the document does not depend on the order in which they are found.
using Messages = std::map<std::string, const Descriptor*>;

absl::Status Collect(const Descriptor& message, Dialect dialect, Messages* messages);

absl::Status CollectParts(const Descriptor& message, Dialect dialect, Messages* messages) {
  for (int i = 0; i < message.field_count(); ++i) {
    const Descriptor* part = PartOf(*message.field(i));
    if (part == nullptr || IsLeftOpen(*message.field(i), dialect)) continue;
    absl::Status collected = Collect(*part, dialect, messages);
    if (!collected.ok()) return collected;
  }
  return absl::OkStatus();
}

absl::Status Collect(const Descriptor& message, Dialect dialect, Messages* messages) {
  if (WellKnownSchema(message) != nullptr) return absl::OkStatus();
  if (message.file()->package() == "google.protobuf") {
    return absl::InvalidArgumentError(absl::StrCat("no schema for ", message.full_name()));
  }
  const auto [known, is_new] = messages->emplace(SchemaName(message), &message);
  if (is_new) return CollectParts(message, dialect, messages);
  if (known->second == &message) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      message.full_name(), " and ", known->second->full_name(), " would both be ", known->first));
}

std::vector<const MethodDescriptor*> UnaryMethods(const Contract& contract) {
  std::vector<const MethodDescriptor*> methods;
  for (const ServiceDescriptor* service : contract.services) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (IsUnary(*service->method(i))) methods.push_back(service->method(i));
    }
  }
  return methods;
}

absl::StatusOr<Json> Paths(const std::vector<const MethodDescriptor*>& methods, Dialect dialect) {
  std::map<std::string, const MethodDescriptor*> by_name;
  Json paths = Json::object();
  for (const MethodDescriptor* method : methods) {
    const auto [known, is_new] = by_name.emplace(method->name(), method);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(known->second->full_name(), " and ",
                                                     method->full_name(), " have the same name"));
    }
    paths[PathOf(*method)]["post"] = Operation(*method, dialect);
  }
  return paths;
}

absl::StatusOr<Json> Schemas(const Contract& contract,
                             const std::vector<const MethodDescriptor*>& methods, Dialect dialect) {
  Messages messages;
  absl::Status collected;
  for (const MethodDescriptor* method : methods) {
    collected.Update(Collect(*method->input_type(), dialect, &messages));
    collected.Update(Collect(*method->output_type(), dialect, &messages));
  }
  for (const Descriptor* detail : contract.error_details) {
    collected.Update(CollectParts(*detail, dialect, &messages));
  }
  if (!collected.ok()) return collected;
  Json schemas = Json::object();
  AddErrorSchemas(contract.error_details, dialect, &schemas);
  for (const auto& [name, message] : messages) {
    if (schemas.contains(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(message->full_name(), " has the name of a schema for errors"));
    }
    schemas[name] = MessageSchema(*message, dialect);
  }
  return schemas;
}

std::string DescriptionOf(const Contract& contract) {
  std::vector<std::string> streams;
  for (const ServiceDescriptor* service : contract.services) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (!IsUnary(*service->method(i))) streams.push_back(service->method(i)->name());
    }
  }
  std::string out = kDescription;
  if (!streams.empty()) {
    AddParagraph(absl::StrCat("Streams cannot be described in this form and are called by gRPC: ",
                              absl::StrJoin(streams, ", "), "."),
                 &out);
  }
  return out;
}

Json Info(const Contract& contract) {
  Json info;
  info["title"] = "Tiermark";
  info["description"] = DescriptionOf(contract);
  info["version"] = contract.version;
  return info;
}

Json Tags(const Contract& contract) {
  Json tags = Json::array();
  for (const ServiceDescriptor* service : contract.services) {
    Json tag;
    tag["name"] = service->name();
    tag["description"] = CommentOf(*service);
    tags.push_back(std::move(tag));
  }
  return tags;
}

// A list of one alternative: the scheme of this name, without scopes.
Json SecurityBy(const char* scheme) {
  Json requirement;
  requirement[scheme] = Json::array();
  return Json::array({requirement});
}

Json OpenApi3(const Contract& contract, Json paths, Json schemas) {
  Json document;
  document["openapi"] = "3.0.3";
  document["info"] = Info(contract);
  document["servers"] = Json::array({Json::object({{"url", "/"}})});
  document["security"] = SecurityBy("bearer");
  document["tags"] = Tags(contract);
  document["paths"] = std::move(paths);
  document["components"]["schemas"] = std::move(schemas);
  document["components"]["securitySchemes"]["bearer"] = {
      {"type", "http"}, {"scheme", "bearer"}, {"description", "An API key."}};
  return document;
}

// Without a host: whoever imports it says where the server is.
Json Swagger2(const Contract& contract, Json paths, Json schemas) {
  Json document;
  document["swagger"] = "2.0";
  document["info"] = Info(contract);
  document["basePath"] = "/";
  document["schemes"] = Json::array({"https"});
  document["consumes"] = Json::array({"application/json"});
  document["produces"] = Json::array({"application/json"});
  document["security"] = SecurityBy("key");
  document["tags"] = Tags(contract);
  document["paths"] = std::move(paths);
  document["definitions"] = std::move(schemas);
  document["securityDefinitions"]["key"] = {
      {"type", "apiKey"},
      {"name", "Authorization"},
      {"in", "header"},
      {"description", "The word Bearer, a space and an API key."}};
  return document;
}

}  // namespace

absl::StatusOr<Json> Document(const Contract& contract, Dialect dialect) {
  const std::vector<const MethodDescriptor*> methods = UnaryMethods(contract);
  absl::StatusOr<Json> paths = Paths(methods, dialect);
  if (!paths.ok()) return paths.status();
  absl::StatusOr<Json> schemas = Schemas(contract, methods, dialect);
  if (!schemas.ok()) return schemas.status();
  return dialect == Dialect::kOpenApi3 ? OpenApi3(contract, *std::move(paths), *std::move(schemas))
                                       : Swagger2(contract, *std::move(paths), *std::move(schemas));
}

}  // namespace tiermark::openapi
