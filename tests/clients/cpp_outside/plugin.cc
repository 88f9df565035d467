// A plugin with the client inside it, which a host written in any language can load.
#include "tiermark/client.h"
#include "tiermark/v1/account_service.grpc.pb.h"

// The number of accounts that the server lists on one page, or -1 - N with the error code N.
extern "C" int tiermark_outside_count(const char* target, const char* key, const char* ca_file) {
  tiermark::ClientOptions options;
  options.target = target;
  options.api_key = key;
  options.tls.emplace().ca_file = ca_file;
  const auto client = tiermark::Client::Create(options);
  if (!client.ok()) return -1 - static_cast<int>(client.status().code());
  const auto answer = client->Call(&tiermark::v1::AccountService::Stub::ListAccounts,
                                   tiermark::v1::ListAccountsRequest());
  if (!answer.ok()) return -1 - static_cast<int>(answer.status().code());
  return answer->accounts_size();
}
