// The invoices of the demonstration portfolio.
#pragma once

#include <vector>

#include "service/demo/accounts.h"
#include "service/demo/agenda.h"
#include "service/demo/history.h"

namespace tiermark::demo {

// Adds what billing would have recorded of an account up to `as_of`: clients that buy regularly,
// that fell asleep, that are about to leave, that are gone or come back, and plans for prospects.
// On the day of each step something is issued, or else the step only plans; so it can be told from
// an account's transactions which of its steps were taken.
void AddTransactions(const Account& account, absl::CivilDay as_of, Agenda* agenda,
                     std::vector<Step>* steps);

}  // namespace tiermark::demo
