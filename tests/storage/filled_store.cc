#include "tests/storage/filled_store.h"

#include <fstream>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tiermark {
namespace {

constexpr int kAccounts = 30;

void Expect(const absl::StatusOr<CommitResult>& written) {
  EXPECT_TRUE(written.ok()) << written.status();
}

void FillAccount(Store& store, int i) {
  const std::string id = absl::StrCat("account ", i);
  Expect(WriteTo(store, WriteOf(id, [i](const DecideInput& input) {
                   v1::AccountFacts facts =
                       FactsOf(absl::StrCat("Bank ", i), i % 2 == 0 ? "MX" : "CO", "ana");
                   if (i % 3 == 0) facts.set_parent_id(absl::StrCat("group ", i % 2));
                   // Some do not fit in one page.
                   if (i % 10 == 0) facts.set_region(std::string(9'000, 'r'));
                   return FactsChanged(input, facts);
                 })));
  Expect(WriteTo(store, WriteOf(id, [i](const DecideInput& input) {
                   ChangeSet changes = Reported(input, absl::StrCat("note ", i));
                   *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_EVENT, i);
                   return changes;
                 })));
  Expect(WriteTo(store, WriteOf(id, [i](const DecideInput& input) {
                   ChangeSet changes = i % 2 == 0 ? Settled(input, 3 * i) : Evaluated(input, 3 * i);
                   *changes.state.add_due() = DueOf(v1::REEVALUATION_REASON_QUARTERLY, 100 + i);
                   return changes;
                 })));
  AccountWrite items = WriteOf(id, [](const DecideInput& input) {
    return ItemsWritten(input, {{ItemKind::kTransaction, "invoice 1", std::string(40, 'v')},
                                {ItemKind::kTransaction, "invoice 2", std::string(300, 'w')}});
  });
  items.request = Tag(id, "body");
  Expect(WriteTo(store, std::move(items)));
  if (i % 4 == 0) {
    Expect(WriteTo(store, WriteOf(id, [i](const DecideInput& in) { return Evaluated(in, i); })));
  }
}

}  // namespace

absl::StatusOr<CommitResult> WriteTo(Store& store, AccountWrite write) {
  std::promise<absl::StatusOr<CommitResult>> answered;
  write.done = [&answered](absl::StatusOr<CommitResult> result) {
    answered.set_value(std::move(result));
  };
  store.Apply(std::move(write));
  return answered.get_future().get();
}

absl::StatusOr<TenantCommit> WriteTo(Store& store, TenantWrite write) {
  std::promise<absl::StatusOr<TenantCommit>> answered;
  write.done = [&answered](absl::StatusOr<TenantCommit> result) {
    answered.set_value(std::move(result));
  };
  store.ApplyTenant(std::move(write));
  return answered.get_future().get();
}

void Fill(Store& store) {
  for (int i = 0; i < kAccounts; ++i) FillAccount(store, i);
  Expect(WriteTo(store, WriteOf(absl::StrCat("account ", kAccounts - 1), Erased)));
  for (const TenantId tenant : {kDefaultTenant, kDefaultTenant + 1}) {
    for (const char* key : {"policy", "rates"}) {
      TenantWrite write;
      write.tenant = tenant;
      write.decide = [key](const TenantRecordMap&, absl::Time) {
        TenantChangeSet changes;
        changes.records.emplace_back(key, std::string(200, 's'));
        changes.audit.emplace().set_rpc(key);
        return changes;
      };
      EXPECT_TRUE(WriteTo(store, std::move(write)).ok());
    }
  }
}

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace tiermark
