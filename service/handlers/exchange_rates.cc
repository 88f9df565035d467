// GetExchangeRates and UpdateExchangeRates.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scoring/model_validation.h"
#include "service/answers.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/settings_write.h"
#include "service/handlers/validation.h"
#include "service/model_settings.h"
#include "tiermark/v1/admin_service.pb.h"

namespace tiermark {
namespace {

// More than ISO 4217 has currencies in use.
constexpr int kRatesMax = 250;

absl::Status GetExchangeRates(const HandlerContext& context, const CallInfo& /*info*/,
                              const v1::GetExchangeRatesRequest& request,
                              v1::GetExchangeRatesResponse* response) {
  Violations violations;
  if (request.version() < 0) violations.Add("version", "must not be negative");
  if (!violations.empty()) return violations.ToStatus();
  auto found = context.catalog.ExchangeRates(request.version());
  if (!found.ok()) return found.status();
  *response->mutable_exchange_rates() = std::move(*found->mutable_rates());
  if (found->update_us() != 0) {
    *response->mutable_update_time() = TimestampOf(found->update_us());
  }
  return absl::OkStatus();
}

// The rates as they will be, of whatever version; every fault of them is a violation.
v1::ExchangeRates ReadRates(const Catalog& catalog, const v1::ExchangeRates& given,
                            Violations* violations) {
  const std::string path = "exchange_rates";
  v1::ExchangeRates rates = given;
  rates.DiscardUnknownFields();
  rates.set_version(1);
  if (rates.rates_size() > kRatesMax) {
    violations->Add(path + ".rates", absl::StrCat("has more than ", kRatesMax, " entries"));
    return rates;
  }
  const RateTable table(rates, path, violations);
  const std::shared_ptr<const ActiveModels> active = catalog.active();
  for (const auto& [model_id, model] : active->models) {
    Violations currency;
    ValidateModelCurrency(model->model(), table, &currency);
    if (currency.empty()) continue;
    violations->Add(path + ".rates", absl::StrCat("must have ", model->model().reference_currency(),
                                                  ", the currency of the active model ", model_id));
  }
  return rates;
}

void UpdateExchangeRates(const HandlerContext& context, const CallInfo& info,
                         const v1::UpdateExchangeRatesRequest& request,
                         v1::UpdateExchangeRatesResponse* response, Done done) {
  Violations violations;
  v1::ExchangeRates rates = ReadRates(context.catalog, request.exchange_rates(), &violations);
  ValidateSettingsWrite(request, &violations);
  if (!violations.empty()) return done(violations.ToStatus());

  SettingsUpdate<v1::UpdateExchangeRatesResponse> update;
  update.keys = {kRatesKey};
  auto stored = std::make_shared<store::v1::StoredExchangeRates>();
  update.decide = [&request, rates = std::move(rates), stored, &catalog = context.catalog](
                      const TenantRecordMap& records,
                      absl::Time now) -> absl::StatusOr<TenantChangeSet> {
    // Without a record no other version was ever added to the catalog.
    return DecideExchangeRates(rates, request.expected_version(), catalog.active()->rates_version,
                               records, now, stored.get());
  };
  update.adopt = [context, stored](const v1::UpdateExchangeRatesResponse&, const TenantCommit&) {
    context.catalog.AddExchangeRates(*stored);
    return absl::OkStatus();
  };
  UpdateSettings(context, info, request, std::move(update), response, std::move(done));
}

}  // namespace

void AddExchangeRateHandlers(const ServerContext& server, MethodTable* methods) {
  methods->AddBlocking(kAdminService, "GetExchangeRates", {}, Bind(server, GetExchangeRates));
  MethodOptions worker;
  worker.on_worker = true;
  methods->Add(kAdminService, "UpdateExchangeRates", worker, Bind(server, UpdateExchangeRates));
}

}  // namespace tiermark
