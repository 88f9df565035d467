#include "service/catalogs.h"

#include <utility>

#include "service/model_settings.h"
#include "service/settings.h"

namespace tiermark {

absl::StatusOr<std::unique_ptr<Catalogs>> Catalogs::Make(Catalog::Contents contents, Store& store) {
  if (auto sound = Catalog::Make(contents); !sound.ok()) return sound.status();
  return std::unique_ptr<Catalogs>(new Catalogs(std::move(contents), store));
}

Catalog* Catalogs::Find(TenantId tenant) {
  MutexLock lock(&mutex_);
  const auto found = catalogs_.find(tenant);
  return found == catalogs_.end() ? nullptr : found->second.get();
}

absl::StatusOr<Catalog*> Catalogs::Of(TenantId tenant) {
  if (Catalog* known = Find(tenant); known != nullptr) return known;
  auto catalog = Catalog::Make(contents_);
  if (!catalog.ok()) return catalog.status();
  absl::Status loaded = LoadSettings(store_, tenant, catalog->get());
  if (loaded.ok()) loaded = LoadModels(store_, tenant, catalog->get());
  if (!loaded.ok()) return loaded;
  // Another thread may have been faster, and writes may have gone into its catalog since.
  MutexLock lock(&mutex_);
  return catalogs_.try_emplace(tenant, *std::move(catalog)).first->second.get();
}

}  // namespace tiermark
