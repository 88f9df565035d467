// tiermark key: create, list and revoke API keys.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/commands.h"
#include "clients/cli/dates.h"
#include "clients/cli/options.h"
#include "clients/cli/paging.h"
#include "clients/cli/text.h"
#include "tiermark/v1/admin_service.grpc.pb.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using Admin = v1::AdminService::Stub;

Cell StateOf(const v1::ApiKey& key) {
  if (key.has_revoke_time()) return {"Revoked", Look::kBad};
  if (key.has_expire_time() && key.expire_time().seconds() <= absl::ToUnixSeconds(absl::Now())) {
    return {"Expired", Look::kBad};
  }
  return {"Good", Look::kGood};
}

void AddKeyCreate(CLI::App* app, Session* session) {
  struct Options {
    std::string name;
    std::string role;
    std::string expires;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app->add_subcommand(
      "create", "Create a key, and print its secret: alone on standard output, and only this once");
  AddText(command, "--name", &options->name, "TEXT", "Who or what calls with it")->required();
  AddText(command, "--role", &options->role, "ROLE", "What it may do")
      ->check(OneOf<v1::Role>())
      ->required();
  AddText(command, "--expires", &options->expires, "TIME", "Refused from then on; default: never")
      ->check(CheckTime);
  session->OnRun(command, [session, options](const Client& client) {
    v1::CreateApiKeyRequest request;
    request.set_display_name(options->name);
    request.set_role(EnumOf<v1::Role>(options->role));
    if (!options->expires.empty()) *request.mutable_expire_time() = *ParseTime(options->expires);
    const auto answer = client.Call(&Admin::CreateApiKey, request);
    if (!answer.ok()) return answer.status();
    if (answer->secret().empty()) {
      return absl::AbortedError(
          absl::StrCat("the key ", answer->api_key().api_key_id(),
                       " was created, but its secret was lost on the way: revoke it, and create "
                       "another"));
    }
    if (session->json()) {
      session->PrintJson(*answer);
      return absl::OkStatus();
    }
    session->err() << "key " << answer->api_key().api_key_id() << ", "
                   << WordsOf(answer->api_key().role()) << "; its secret is shown this once:\n";
    session->out() << answer->secret() << "\n";
    return absl::OkStatus();
  });
}

void AddKeyList(CLI::App* app, Session* session) {
  auto limit = std::make_shared<int>(kDefaultLimit);
  CLI::App* command = app->add_subcommand("list", "List the keys, those that are refused too");
  AddLimit(command, limit.get());
  session->OnRun(command, [session, limit](const Client& client) {
    Table table({"KEY", "ROLE", "STATE", "CREATED", "EXPIRES", "LAST USED", "CERTIFICATE", "NAME"});
    absl::Status listed = ForEach(
        client, &Admin::ListApiKeys, v1::ListApiKeysRequest(), *limit, *session,
        [](const v1::ListApiKeysResponse& page) -> const auto& { return page.api_keys(); },
        [&](const v1::ApiKey& key) {
          if (session->json()) return session->PrintJson(key);
          table.Add({key.api_key_id(), WordsOf(key.role()), StateOf(key), TextOf(key.create_time()),
                     OrDash(TextOf(key.expire_time())), OrDash(TextOf(key.last_use_time())),
                     OrDash(key.certificate_name()), key.display_name()});
        });
    if (listed.ok() && !session->json()) session->Print(table);
    return listed;
  });
}

void AddKeyRevoke(CLI::App* app, Session* session) {
  auto key_id = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand("revoke", "Refuse a key from now on, for good");
  command->add_option("KEY", *key_id, "Id of the key, as list has it")->required();
  session->OnRun(command, [session, key_id](const Client& client) {
    v1::RevokeApiKeyRequest request;
    request.set_api_key_id(*key_id);
    const auto answer = client.Call(&Admin::RevokeApiKey, request);
    if (!answer.ok()) return answer.status();
    if (session->json()) {
      session->PrintJson(*answer);
    } else {
      session->out() << "revoked " << answer->api_key().api_key_id() << ", "
                     << Clean(answer->api_key().display_name()) << "\n";
    }
    return absl::OkStatus();
  });
}

}  // namespace

void AddKeyCommand(CLI::App* app, Session* session) {
  CLI::App* command = app->add_subcommand("key", "Create, list and revoke API keys");
  command->require_subcommand(1);
  AddKeyCreate(command, session);
  AddKeyList(command, session);
  AddKeyRevoke(command, session);
}

}  // namespace tiermark::cli
