// A portfolio made of numbers: the same account is the same everywhere and in every run.
#pragma once

#include <cstdint>
#include <string>

#include "tiermark/v1/facts.pb.h"

namespace tiermark::bench {

// Mixes the bits of `value`, so that neighbours have nothing in common.
uint64_t Mix(uint64_t value);

// As long as the record ids of a common CRM: 18 characters.
std::string AccountId(int64_t account);

// How many ways an account's potential MRR and industry reference can stand, each in another tier
// or category of the shipped model than the others. Moving between them moves the score and opens
// no event.
inline constexpr int kVariants = 28;

// The way an account stands when it is preloaded.
int FirstVariant(int64_t account);

// An account of a Latin American financial company, old enough to be due quarterly.
void FillFacts(int64_t account, int variant, v1::AccountFacts* facts);

}  // namespace tiermark::bench
