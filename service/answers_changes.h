// What log entries say to those who follow the changes of accounts.
#pragma once

#include "service/catalog.h"
#include "storage/store.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {

// When the entry was made, in microseconds since the Unix epoch.
int64_t EntryTime(const store::v1::LogEntry& entry);

// The change that the record tells of; without its cursor. The band of a model version that this
// server does not have gets no name.
void FillChange(const Catalog& catalog, const LogRecord& record, v1::AccountChange* change);

// What became of an item of an import: of its log record, an evaluation or a change of facts.
void FillImported(const LogRecord& record, v1::ImportedAccountSummary* summary);

}  // namespace tiermark
