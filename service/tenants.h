// The tenants of a store: whose accounts never meet.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"
#include "tiermark/store/v1/records.pb.h"

namespace tiermark {

// The name of kDefaultTenant, which is always there.
inline constexpr char kDefaultTenantName[] = "default";

// INVALID_ARGUMENT: a tenant's name is 1 to 63 lower-case letters, digits and hyphens.
absl::Status ValidateTenantName(absl::string_view name);

// All of them, the default one among them; by name.
absl::StatusOr<std::vector<store::v1::Tenant>> ReadTenants(Store& store);

// The tenant of that name, created when there is none. Blocks for a write.
absl::StatusOr<TenantId> FindOrCreateTenant(Store& store, const std::string& name);

}  // namespace tiermark
