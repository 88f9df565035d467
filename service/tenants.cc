#include "service/tenants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/apply_all.h"
#include "service/settings.h"

namespace tiermark {
namespace {

using store::v1::Tenant;

constexpr char kTenantPrefix[] = "tenant/";
// The Tenant that was created last: numbers count up from its own.
constexpr char kLatestTenant[] = "latest-tenant";
constexpr size_t kNameBytesMax = 63;

std::string TenantKey(const std::string& name) { return absl::StrCat(kTenantPrefix, name); }

absl::StatusOr<TenantChangeSet> DecideTenant(const std::string& name,
                                             const TenantRecordMap& records, absl::Time now) {
  TenantChangeSet changes;
  if (const auto known = records.find(TenantKey(name)); known != records.end()) {
    changes.answer = known->second.value;
    return changes;
  }
  Tenant tenant;
  tenant.set_tenant(kDefaultTenant);
  if (const auto latest = records.find(kLatestTenant); latest != records.end()) {
    if (absl::Status read = ReadRecord(latest->second, &tenant); !read.ok()) return read;
  }
  tenant.set_tenant(tenant.tenant() + 1);
  tenant.set_name(name);
  tenant.set_create_us(absl::ToUnixMicros(now));
  changes.answer = tenant.SerializeAsString();
  changes.records = {{TenantKey(name), changes.answer}, {kLatestTenant, changes.answer}};
  return changes;
}

}  // namespace

absl::Status ValidateTenantName(absl::string_view name) {
  const bool sound = !name.empty() && name.size() <= kNameBytesMax &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                     });
  if (sound) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "a tenant's name is 1 to 63 lower-case letters, digits and hyphens");
}

absl::StatusOr<std::vector<Tenant>> ReadTenants(Store& store) {
  const auto records = store.ReadTenantRecords(kNoTenant, kTenantPrefix);
  if (!records.ok()) return records.status();
  std::vector<Tenant> tenants;
  Tenant& first = tenants.emplace_back();
  first.set_tenant(kDefaultTenant);
  first.set_name(kDefaultTenantName);
  for (const auto& [key, record] : *records) {
    if (absl::Status read = ReadRecord(record, &tenants.emplace_back()); !read.ok()) return read;
  }
  std::sort(tenants.begin(), tenants.end(),
            [](const Tenant& a, const Tenant& b) { return a.name() < b.name(); });
  return tenants;
}

absl::StatusOr<TenantId> FindOrCreateTenant(Store& store, const std::string& name) {
  if (absl::Status sound = ValidateTenantName(name); !sound.ok()) return sound;
  if (name == kDefaultTenantName) return kDefaultTenant;
  TenantWrite write;
  write.tenant = kNoTenant;
  write.keys = {TenantKey(name), kLatestTenant};
  write.decide = [&name](const TenantRecordMap& records, absl::Time now) {
    return DecideTenant(name, records, now);
  };
  const auto commit = ApplyTenantNow(store, std::move(write));
  if (!commit.ok()) return commit.status();
  Tenant tenant;
  if (!tenant.ParseFromString(commit->answer)) {
    return absl::DataLossError("the record of a tenant cannot be read");
  }
  return tenant.tenant();
}

}  // namespace tiermark
