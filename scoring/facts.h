// Facts of an account: what is admitted, and how given ones merge with stored ones.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/field_mask.pb.h"
#include "scoring/error.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

inline constexpr int kIdBytesMax = 128;
inline constexpr int kDisplayNameBytesMax = 256;
inline constexpr int kPastDueCasesMax = 2'000'000'000;
inline constexpr int kCountMax = 2'000'000'000;
inline constexpr int kMrrCountriesMax = 64;
inline constexpr int kCountriesMax = 250;
inline constexpr int kListEntriesMax = 64;
inline constexpr int kListEntryBytesMax = 64;
inline constexpr int kProseBytesMax = 1'000;
inline constexpr int kCustomFactsMax = 64;
inline constexpr int kCustomKeyBytesMax = 64;
inline constexpr int kCustomTextBytesMax = 256;

// Adds a violation unless `id` is 1 to kIdBytesMax bytes of printable UTF-8 without outer spaces.
// Printable: no control characters (C0, DEL, C1), no noncharacters.
void ValidateId(absl::string_view id, absl::string_view field, Violations* violations);

// Adds a violation for every fault of `facts`, with paths that start with `path` ("facts"):
// "facts.potential_mrr[1].amount.units", "facts.custom.budget.decimal", and "facts.custom" for a
// key that is malformed. Of a list that is too long only the entries up to its bound are looked at.
void ValidateFacts(const v1::AccountFacts& facts, absl::string_view path, Violations* violations);

// The same for an amount of money that is no fact, within kMoneyUnitsMax either way.
void ValidateAmount(const google::type::Money& amount, absl::string_view path,
                    Violations* violations);

// Adds a violation for every fault of `mask` against the facts that come with it: unknown fields,
// paths into fields, repeated paths, "*" beside others, and populated facts that it does not name.
// `facts_path` is the path of the facts ("facts"), `mask_path` of the mask ("update_mask").
void ValidateMask(const google::protobuf::FieldMask& mask, const v1::AccountFacts& facts,
                  absl::string_view mask_path, absl::string_view facts_path,
                  Violations* violations);

// Merges `given` into `stored` and returns the names of the top-level facts that changed, in field
// order. With no mask (nullptr): present facts overwrite, non-empty lists replace, `custom` merges
// by key and an entry without a value removes its key. With a mask: exactly the named facts are
// written and absent ones cleared, `custom` as a whole and without its empty entries; "*" names
// all. Both must be valid. A list that comes in another order has changed.
std::vector<std::string> MergeFacts(const v1::AccountFacts& given,
                                    const google::protobuf::FieldMask* mask,
                                    v1::AccountFacts* stored);

// The fault that a merge can bring about though both sides are valid: more than kCustomFactsMax
// custom facts. Paths start with `path`.
void ValidateMerged(const v1::AccountFacts& merged, absl::string_view path, Violations* violations);

// Distinct countries of the account, its own among them, in bytewise order; empty when operating
// and expansion countries are both empty, which means that they are unknown.
std::vector<std::string> DistinctCountries(const v1::AccountFacts& facts);

// Prospect where no stage is given.
v1::LifecycleStage EffectiveStage(const v1::AccountFacts& facts);

}  // namespace tiermark
