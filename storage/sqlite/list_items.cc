// An account's items of one kind, by key.
#include <utility>

#include "storage/sqlite/errors.h"
#include "storage/sqlite/reads.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kFindAccount[] =
    "SELECT account_no FROM account WHERE tenant_id = ?1 AND account_id = ?2";
constexpr char kAll[] =
    "SELECT key, value, checksum FROM account_item WHERE account_no = ?1 AND kind = ?2";
constexpr char kAscending[] =
    "SELECT key, value, checksum FROM account_item"
    " WHERE account_no = ?1 AND kind = ?2 AND key > ?3 ORDER BY key";
constexpr char kDescending[] =
    "SELECT key, value, checksum FROM account_item"
    " WHERE account_no = ?1 AND kind = ?2 AND key < ?3 ORDER BY key DESC";
// Above every key: no UTF-8 begins with this byte.
constexpr char kAboveAll[] = "\xff";

bool IsSound(int64_t account_no, ItemKind kind, const Query& row) {
  return ItemChecksum(account_no, kind, row.Bytes(0), row.Bytes(1)) == row.Int(2);
}

}  // namespace

absl::StatusOr<ItemMap> ReadItems(Connection& connection, int64_t account_no, ItemKind kind) {
  ItemMap items;
  Query row = connection.Prepare(kAll);
  row.Bind(1, account_no).Bind(2, static_cast<int64_t>(kind));
  while (row.Step()) {
    if (!IsSound(account_no, kind, row)) return Damaged("account_item", account_no);
    items.emplace(row.Text(0), row.Bytes(1));
  }
  return items;
}

absl::StatusOr<ItemPage> ListItems(Connection& connection, const ItemQuery& query) {
  const ReadTransaction transaction(&connection);
  int64_t account_no = 0;
  {
    Query found = connection.Prepare(kFindAccount);
    found.Bind(1, query.tenant).Bind(2, query.account_id);
    if (!found.Step()) return AccountNotFound();
    account_no = found.Int(0);
  }
  const std::string from = query.after.value_or(query.descending ? kAboveAll : "");
  Query row = connection.Prepare(query.descending ? kDescending : kAscending);
  row.Bind(1, account_no).Bind(2, static_cast<int64_t>(query.kind)).Bind(3, from);
  ItemPage page;
  while (row.Step()) {
    if (static_cast<int>(page.items.size()) == query.limit) {
      page.more = true;
      break;
    }
    if (!IsSound(account_no, query.kind, row)) return Damaged("account_item", account_no);
    page.items.emplace_back(row.Text(0), std::string(row.Bytes(1)));
  }
  return page;
}

}  // namespace tiermark::sqlite
