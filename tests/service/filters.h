// What the tests of filters share.
#pragma once

#include <memory>
#include <utility>

#include "service/account_filter.h"
#include "tests/service/support.h"

namespace tiermark {

// The day of all filters that name none.
inline const absl::CivilDay kToday(2026, 5, 20);

// At home in CO, of high value from 1 000 USD on, with three lines of products.
inline std::unique_ptr<Catalog> CatalogWithPolicy() {
  Catalog::Contents contents = Catalog::Shipped();
  contents.policy.home_country = "CO";
  contents.policy.high_value_mrr = Nanos(1'000) * kNanosPerUnit;
  contents.policy.product_lines = {"scoring", "loans", "cards"};
  return *Catalog::Make(std::move(contents));
}

struct CompiledFilter {
  AccountQuery query;
  Outlook outlook;
  absl::Status status;
};

// As of noon of that day.
inline CompiledFilter CompileAtNoon(const Catalog& catalog, const v1::AccountFilter& filter) {
  CompiledFilter compiled;
  compiled.outlook = OutlookAt(catalog, MicrosAt("2026-05-20T12:00:00"));
  Violations violations;
  CompileFilter(filter, "filter", &compiled.outlook, &compiled.query, &violations);
  compiled.status = violations.ToStatus();
  return compiled;
}

}  // namespace tiermark
