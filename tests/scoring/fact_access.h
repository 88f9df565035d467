// Facts by name, as models name them: written apart from what scoring reads them with.
#pragma once

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "tiermark/v1/facts.pb.h"

namespace tiermark {

// Countries that accounts of the tests are in, and expand to.
inline constexpr const char* kTestCountries[] = {"CO", "MX", "PE", "CL", "AR",
                                                 "BR", "UY", "PY", "EC"};

// Gives a fact a value; for a list, as many entries as the number says.
void SetFact(const std::string& fact, const v1::FactValue& value, v1::AccountFacts* facts);

void ClearFact(const std::string& fact, v1::AccountFacts* facts);

// The values of an enum fact as models name them; none for other facts.
std::vector<std::string> EnumTexts(const std::string& fact);

// The value of a fact; a list's is its number of distinct entries. Empty when unknown.
absl::optional<v1::FactValue> GetFact(const std::string& fact, const v1::AccountFacts& facts);

}  // namespace tiermark
