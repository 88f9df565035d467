// What a CRM keeps of a demonstration account besides what its segment follows from.
#pragma once

#include "absl/time/civil_time.h"
#include "service/demo/accounts.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::demo {

// The nine dimensions, what leads and risks are scored by, and what CRM work goes by. A pure
// function of the account and the day; `day` moves what grows with time.
class Traits {
 public:
  explicit Traits(const Account& account);

  // Adds what is known on `day`, as far as it suits the stage that `facts` say. Some accounts keep
  // facts to themselves.
  void AddTo(absl::CivilDay day, v1::AccountFacts* facts) const;

 private:
  void AddCompany(v1::AccountFacts* facts) const;
  void AddSalesChannel(v1::AccountFacts* facts) const;
  void AddTerms(v1::AccountFacts* facts) const;
  void AddLead(absl::CivilDay day, v1::AccountFacts* facts) const;
  void AddPayments(v1::AccountFacts* facts) const;
  void AddCrm(v1::AccountFacts* facts) const;

  const Account account_;
};

}  // namespace tiermark::demo
