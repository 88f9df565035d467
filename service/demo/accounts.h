// Who is in the demonstration portfolio.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tiermark::demo {

enum class Industry {
  kBank,
  kFintech,
  kCooperative,
  kRetailer,
  kInsurer,
  kUtility,
  kTelco,
  kCollectionAgency,
};

// One account, as far as time does not change it.
struct Account {
  std::string account_id;
  std::string display_name;
  Industry industry = Industry::kBank;
  std::string country;
  std::string owner_id;
  // Of a group present in several countries; empty otherwise.
  std::string parent_id;
  // Where it operates when its history begins, its own country first.
  std::vector<std::string> countries;
  // 0 to 99: its place among the others by size.
  int size = 0;
  // Of everything else about it.
  uint64_t seed = 0;
};

// The same accounts in the same order whenever it is called. All names are invented.
std::vector<Account> Accounts();

// "bank", as ids and facts say it.
const char* IndustryName(Industry industry);

// "Andes": the part of the continent that a country is in.
const char* RegionName(const std::string& country);

// Countries into which an account of `country` may expand, the nearest first.
const std::vector<std::string>& NeighboursOf(const std::string& country);

}  // namespace tiermark::demo
