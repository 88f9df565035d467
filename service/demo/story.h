// What happens to demonstration accounts besides reviews, events and syncs.
#pragma once

#include <vector>

#include "service/demo/accounts.h"
#include "service/demo/history.h"

namespace tiermark::demo {

// Fills in the traits, and adds stages and standings, transactions, and scores by other models.
// `steps` are those of the account, in order, and stay so; the first one stays the first one.
void AddStory(const Account& account, absl::CivilDay as_of, std::vector<Step>* steps);

// What people decided about a few small clients: each element of `lives` has the steps of the
// account in its place of `accounts`.
void AddOverrides(const std::vector<Account>& accounts, absl::CivilDay as_of,
                  std::vector<std::vector<Step>>* lives);

}  // namespace tiermark::demo
