// The catalogs of all tenants.
#pragma once

#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "service/catalog.h"
#include "storage/mutex.h"
#include "storage/store.h"

namespace tiermark {

// Loads a tenant's catalog when it is first asked for. Thread-safe.
class Catalogs {
 public:
  // What comes with the binary is checked here. Errors are those of Catalog::Make.
  // `store` must outlive it.
  static absl::StatusOr<std::unique_ptr<Catalogs>> Make(Catalog::Contents contents, Store& store);

  // The tenant's catalog, which lives as long as this. Blocks for some reads when it is the first
  // to ask.
  // DATA_LOSS: a record of the tenant cannot be read. Else as Store::ReadTenantRecords.
  absl::StatusOr<Catalog*> Of(TenantId tenant);

 private:
  Catalogs(Catalog::Contents contents, Store& store)
      : contents_(std::move(contents)), store_(store) {}

  Catalog* Find(TenantId tenant);

  const Catalog::Contents contents_;
  Store& store_;
  Mutex mutex_;
  std::map<TenantId, std::unique_ptr<Catalog>> catalogs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tiermark
