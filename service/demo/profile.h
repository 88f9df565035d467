// What is known of a demonstration account at a point of its history, and how that develops.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "service/demo/accounts.h"
#include "service/demo/dice.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark::demo {

// The lines that we sell.
const std::vector<std::string>& ProductLines();

// Its facts hang together: size drives revenue, cases, reference and reach. A value.
class Profile {
 public:
  Profile(const Account& account, Dice* dice);

  // Whole, as its CRM has them.
  const v1::AccountFacts& facts() const { return facts_; }

  // Day from which it counts as new.
  absl::CivilDay new_since() const;

  void BecomeProspect(absl::CivilDay created, Dice* dice);
  void BecomeClient(absl::CivilDay created, absl::CivilDay since, Dice* dice);
  void SetFirstMeeting(absl::CivilDay day);

  // Leaves a fact or two unknown, as it is before anybody has asked.
  void Forget(Dice* dice);

  // Months of growth or decline, with what comes with it.
  void Grow(int months, Dice* dice);

  // A prospect may come closer to buying.
  void Advance(absl::CivilDay day, Dice* dice);

  // A change large enough to be an event in itself.
  void ChangeMuch(Dice* dice);

 private:
  void SetMoney();
  void ExpandAbroad(Dice* dice);
  void ChangeProducts(Dice* dice);

  Industry industry_;
  int size_;
  v1::AccountFacts facts_;
  // Whole US dollars a month, of its own country and, if it has such a contract, of another.
  int64_t local_mrr_ = 0;
  int64_t foreign_mrr_ = 0;
  std::string foreign_country_;
  int64_t cases_ = 0;
  // Growth a month, in thousandths.
  int trend_ = 0;
};

}  // namespace tiermark::demo
