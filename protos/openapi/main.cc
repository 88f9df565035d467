// protoc-gen-openapi: writes openapi.json (OpenAPI 3.0) and swagger.json (OpenAPI 2.0) for the
// services of the files that protoc is given. The option version=TEXT is the document's version.
// The messages of google/rpc/error_details.proto, if it is among the files, are the details of
// errors.
#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "protos/openapi/document.h"

namespace tiermark::openapi {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::compiler::GeneratorContext;

constexpr char kErrorDetails[] = "google/rpc/error_details.proto";

Contract ContractOf(const std::vector<const FileDescriptor*>& files) {
  Contract contract;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->service_count(); ++i) contract.services.push_back(file->service(i));
    if (file->name() != kErrorDetails) continue;
    for (int i = 0; i < file->message_type_count(); ++i) {
      contract.error_details.push_back(file->message_type(i));
    }
  }
  return contract;
}

void Write(const Json& document, const std::string& name, GeneratorContext* context) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> file(context->Open(name));
  google::protobuf::io::CodedOutputStream out(file.get());
  out.WriteString(absl::StrCat(document.dump(), "\n"));
}

class Generator : public google::protobuf::compiler::CodeGenerator {
 public:
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }

  bool Generate(const FileDescriptor* file, const std::string& parameter, GeneratorContext* context,
                std::string* error) const override {
    return GenerateAll({file}, parameter, context, error);
  }

  bool GenerateAll(const std::vector<const FileDescriptor*>& files, const std::string& parameter,
                   GeneratorContext* context, std::string* error) const override {
    Contract contract = ContractOf(files);
    std::vector<std::pair<std::string, std::string>> options;
    google::protobuf::compiler::ParseGeneratorParameter(parameter, &options);
    for (const auto& [name, value] : options) {
      if (name == "version") contract.version = value;
    }
    for (const auto& [dialect, name] : {std::pair(Dialect::kOpenApi3, "openapi.json"),
                                        std::pair(Dialect::kSwagger2, "swagger.json")}) {
      const absl::StatusOr<Json> document = Document(contract, dialect);
      if (!document.ok()) {
        *error = std::string(document.status().message());
        return false;
      }
      Write(*document, name, context);
    }
    return true;
  }
};

}  // namespace
}  // namespace tiermark::openapi

int main(int argc, char** argv) {
  const tiermark::openapi::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
