#include "service/demo/accounts.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "service/demo/dice.h"

namespace tiermark::demo {
namespace {

constexpr uint64_t kSeed = 0x7469'6572'6d61'726b;
constexpr int kSingleAccounts = 166;

enum class Region { kMesoamerica, kBrazil, kAndes, kSouthernCone };

struct Country {
  const char* code;
  const char* name;
  Region region;
  // Share of the accounts that belong to no group.
  int percent;
  std::array<const char*, 2> owners;
};

constexpr Country kCountries[] = {
    {"MX", "México", Region::kMesoamerica, 22, {"mariana.ibarra", "rodrigo.cantu"}},
    {"BR", "Brasil", Region::kBrazil, 20, {"thais.moreira", "caio.bittencourt"}},
    {"CO", "Colombia", Region::kAndes, 14, {"andres.lozano", "paola.jimenez"}},
    {"CL", "Chile", Region::kSouthernCone, 9, {"valentina.rojas", "valentina.rojas"}},
    {"PE", "Perú", Region::kAndes, 9, {"lucia.quispe", "lucia.quispe"}},
    {"AR", "Argentina", Region::kSouthernCone, 9, {"martin.etcheverry", "valentina.rojas"}},
    {"EC", "Ecuador", Region::kAndes, 4, {"andres.lozano", "lucia.quispe"}},
    {"UY", "Uruguay", Region::kSouthernCone, 3, {"martin.etcheverry", "martin.etcheverry"}},
    {"CR", "Costa Rica", Region::kMesoamerica, 2, {"paola.jimenez", "paola.jimenez"}},
    {"PA", "Panamá", Region::kMesoamerica, 2, {"paola.jimenez", "paola.jimenez"}},
    {"GT", "Guatemala", Region::kMesoamerica, 2, {"paola.jimenez", "rodrigo.cantu"}},
    {"DO", "República Dominicana", Region::kMesoamerica, 2, {"paola.jimenez", "paola.jimenez"}},
    {"BO", "Bolivia", Region::kAndes, 1, {"lucia.quispe", "lucia.quispe"}},
    {"PY", "Paraguay", Region::kSouthernCone, 1, {"martin.etcheverry", "martin.etcheverry"}},
};

// Names are made of sounds of the region; none of them is a company's.
constexpr const char* kMesoamericanNames =
    "Tonalpeya Xilamonte Ixcalva Jaltenqui Mizcuara Copantze Ayotlira Nopalvera Tlamarin Cuexcoma "
    "Zacualpira Otompeque Huixcara Tecolmar Acalvento Papaloma Quetzamar Chalumera Ocelvia Tepoyan "
    "Malinque Xochivera Sabinora Coyameca Yautecor Tuxpanela Mezquivia Cempasora Nahuira Atoyamar "
    "Cenzontera Guacalva Izamora Kantunela Maxcanor Pochutara Tikalmar Petenza Atitlera Izalquena "
    "Tamazuria Zapotela Chinamor Poasvera Irazumar Boruquia Talamira Chiripena Darienza Coclevia "
    "Quisqueyar Cibaomar Ozamira Samanera Caonamar Enriquira Lempamar Comayara";
constexpr const char* kBrazilianNames =
    "Itapureva Serrambu Paranduva Ubiranga Cajuvera Aurimbara Guarandiva Tiberoca Jacuipora "
    "Maracuba Piratuva Sabiarana Ipezal Caruanda Tapajura Mutumbara Araquira Bocaivara Cedroval "
    "Embiruna Goiabela Ipanguera Jatobela Lagunari Mangabira Nhandutiva Oitivara Pequizal "
    "Quixadora Sapucara Tamandira Umbuzela Vereduna Xinguela Buritela Cambuquara Jequitora "
    "Taquarel";
constexpr const char* kAndeanNames =
    "Quindora Guatavera Muisquira Sumapena Chicamora Tayronela Nevadora Macarinta Cocuyra "
    "Galerasur "
    "Putumara Cauquira Magdalvia Orinqua Sogamira Zipacora Tequendara Imbamar Cotopara Chimbovia "
    "Otavira Quilotera Pastazela Guayaluz Yasunira Cayambela Sangayra Huallenta Sumaquira Vicuraya "
    "Yaretana Pirquenza Tamaruna Qorivara Antaluz Illampera Chaskimar Pisacora Ollantera Urubela "
    "Moquera Arequira Cajamira Huarazela Nazquira Paracamar Tumbesol Colcavia Potosira Sajamera "
    "Titikara Beniluz";
constexpr const char* kSouthernNames =
    "Pehuenara Lonquira Copihuela Atacamira Maulevia Chiloera Araucamar Ranquelia Nahuelmar "
    "Quillamar Aconquira Famatera Limayra Neuquera Pampavera Patagora Tehuelmar Ceibalta Yaguarona "
    "Tacuarela Charrumar Cuareimar Minuanera Solisara Itapuera Chacoluz Yguazela Lapachera "
    "Mburucura Guaranela Calafara Lengamar Coironel Ombuluz Zondara Puelchera Tronadora";

struct Group {
  const char* name;
  Industry industry;
  const char* countries;  // Its home first.
};

constexpr Group kGroups[] = {
    {"Altiverra", Industry::kBank, "CO PA GT CR EC"},
    {"Cordalvia", Industry::kBank, "CL PE CO AR UY"},
    {"Meridalba", Industry::kBank, "MX GT CR DO"},
    {"Andamaris", Industry::kBank, "PE BO EC CO"},
    {"Nortenza", Industry::kBank, "BR UY PY AR"},
    {"Ribalora", Industry::kFintech, "MX CO CL"},
    {"Fortamar", Industry::kFintech, "AR UY CL PE MX"},
    {"Lumbrava", Industry::kFintech, "BR MX CO"},
    {"Puentalba", Industry::kFintech, "CO PE EC"},
    {"Cumbrava", Industry::kRetailer, "CL PE AR CO BR"},
    {"Aurelmar", Industry::kRetailer, "MX GT CR PA"},
    {"Brisanta", Industry::kRetailer, "BR PY UY"},
    {"Quebralta", Industry::kRetailer, "CO EC PE"},
    {"Marvental", Industry::kInsurer, "MX CO CL PE"},
    {"Terravina", Industry::kInsurer, "BR AR CL"},
    {"Orovento", Industry::kUtility, "CO PA CL BR"},
    {"Sendavia", Industry::kTelco, "MX GT DO CR PA"},
    {"Zafirel", Industry::kTelco, "AR PY UY BO"},
    {"Vistamora", Industry::kCollectionAgency, "MX CO PE"},
};

struct IndustryEntry {
  Industry industry;
  const char* name;
  // Share of the accounts that belong to no group.
  int percent;
  // "$" stands for the account's own name.
  std::array<const char*, 3> spanish;
  std::array<const char*, 3> portuguese;
};

constexpr IndustryEntry kIndustries[] = {
    {Industry::kBank,
     "bank",
     24,
     {"Banco $", "Banco $", "$ Banco Comercial"},
     {"Banco $", "Banco $", "$ Banco Múltiplo"}},
    {Industry::kFintech,
     "fintech",
     24,
     {"$ Pay", "$ Créditos", "$ Digital"},
     {"$ Pagamentos", "$ Crédito Digital", "$ Pay"}},
    {Industry::kCooperative,
     "cooperative",
     7,
     {"Cooperativa $", "Caja $", "Cooperativa de Ahorro $"},
     {"Cooperativa $", "Central Cooperativa $", "Cooperativa de Crédito $"}},
    {Industry::kRetailer,
     "retailer",
     22,
     {"Tiendas $", "Almacenes $", "$ Hogar"},
     {"Lojas $", "Magazine $", "$ Casa"}},
    {Industry::kInsurer,
     "insurer",
     6,
     {"Seguros $", "Aseguradora $", "$ Seguros"},
     {"$ Seguros", "Seguradora $", "$ Previdência"}},
    {Industry::kUtility,
     "utility",
     5,
     {"$ Energía", "Aguas $", "Eléctrica $"},
     {"$ Energia", "Águas $", "$ Saneamento"}},
    {Industry::kTelco,
     "telco",
     5,
     {"$ Telecom", "$ Móvil", "Comunicaciones $"},
     {"$ Telecom", "$ Móvel", "$ Fibra"}},
    {Industry::kCollectionAgency,
     "collection-agency",
     7,
     {"Cobranzas $", "$ Recuperaciones", "Gestora $"},
     {"$ Cobranças", "$ Recuperadora", "Assessoria $"}},
};

const Country& CountryOf(const std::string& code) {
  for (const Country& country : kCountries) {
    if (code == country.code) return country;
  }
  return kCountries[0];
}

const IndustryEntry& EntryOf(Industry industry) {
  return kIndustries[static_cast<size_t>(industry)];
}

// An entry drawn by the shares in percent.
template <typename Entries>
const auto& Draw(const Entries& entries, Dice* dice) {
  int left = dice->Below(100);
  for (const auto& entry : entries) {
    left -= entry.percent;
    if (left < 0) return entry;
  }
  return entries[0];
}

std::string NameOf(const IndustryEntry& industry, const Country& country, const std::string& name,
                   size_t pattern) {
  const auto& patterns = country.region == Region::kBrazil ? industry.portuguese : industry.spanish;
  return absl::StrReplaceAll(patterns[pattern], {{"$", name}});
}

Account MakeAccount(const std::string& name, Industry industry, const Country& country,
                    size_t pattern, Dice* dice) {
  Account account;
  account.industry = industry;
  account.country = country.code;
  account.account_id =
      absl::AsciiStrToLower(absl::StrCat(name, "-", IndustryName(industry), "-", country.code));
  account.display_name = NameOf(EntryOf(industry), country, name, pattern);
  account.owner_id = dice->Pick(country.owners);
  account.countries = {country.code};
  account.seed = dice->Roll();
  return account;
}

void AddGroup(const Group& group, Dice* dice, std::vector<Account>* accounts) {
  const std::vector<std::string> countries = absl::StrSplit(group.countries, ' ');
  const int home_size = dice->Between(70, 99);
  for (const std::string& code : countries) {
    const Country& country = CountryOf(code);
    Account account = MakeAccount(group.name, group.industry, country, 0, dice);
    absl::StrAppend(&account.display_name, " ", country.name);
    account.parent_id = absl::AsciiStrToLower(absl::StrCat("group-", group.name));
    // Abroad a group is smaller than at home, and its contracts know fewer of its countries.
    const bool at_home = code == countries[0];
    account.size = at_home ? home_size : home_size - dice->Between(5, 55);
    for (const std::string& other : countries) {
      if (other != code && (at_home || dice->Chance(45))) account.countries.push_back(other);
    }
    accounts->push_back(std::move(account));
  }
}

void AddSingle(std::vector<std::vector<std::string>>* names, Dice* dice,
               std::vector<Account>* accounts) {
  const Country* country = &Draw(kCountries, dice);
  while ((*names)[static_cast<size_t>(country->region)].empty()) {
    country = &Draw(kCountries, dice);
  }
  std::vector<std::string>& left = (*names)[static_cast<size_t>(country->region)];
  const std::string name = left.back();
  left.pop_back();
  const Industry industry = Draw(kIndustries, dice).industry;
  const auto pattern = static_cast<size_t>(dice->Below(3));
  Account account = MakeAccount(name, industry, *country, pattern, dice);
  account.size = dice->Between(6, 99);
  // The larger, the likelier it is that it went abroad.
  for (const std::string& neighbour : NeighboursOf(account.country)) {
    if (account.countries.size() >= 4 || !dice->Chance(14 + account.size / 2)) break;
    account.countries.push_back(neighbour);
  }
  accounts->push_back(std::move(account));
}

// The names of a region in an order that no two regions share.
std::vector<std::string> Shuffled(const char* names, Dice* dice) {
  std::vector<std::string> shuffled = absl::StrSplit(names, ' ');
  for (size_t i = shuffled.size() - 1; i > 0; --i) {
    std::swap(shuffled[i], shuffled[static_cast<size_t>(dice->Below(static_cast<int>(i) + 1))]);
  }
  return shuffled;
}

}  // namespace

std::vector<Account> Accounts() {
  Dice dice(kSeed);
  std::vector<Account> accounts;
  for (const Group& group : kGroups) AddGroup(group, &dice, &accounts);
  std::vector<std::vector<std::string>> names;
  for (const char* region : {kMesoamericanNames, kBrazilianNames, kAndeanNames, kSouthernNames}) {
    names.push_back(Shuffled(region, &dice));
  }
  for (int i = 0; i < kSingleAccounts; ++i) AddSingle(&names, &dice, &accounts);
  return accounts;
}

const char* IndustryName(Industry industry) { return EntryOf(industry).name; }

const char* RegionName(const std::string& country) {
  switch (CountryOf(country).region) {
    case Region::kMesoamerica:
      return "Mesoamerica";
    case Region::kBrazil:
      return "Brazil";
    case Region::kAndes:
      return "Andes";
    case Region::kSouthernCone:
      return "Southern Cone";
  }
  return "";
}

const std::vector<std::string>& NeighboursOf(const std::string& country) {
  using Countries = std::vector<std::string>;
  static const Countries* const kMexico = new Countries{"GT", "CO", "CR", "PA", "CL"};
  static const Countries* const kCentral = new Countries{"SV", "HN", "NI", "MX", "CO"};
  static const Countries* const kBrazil = new Countries{"UY", "PY", "AR", "CL", "CO"};
  static const Countries* const kNorthAndes = new Countries{"PA", "MX", "CL", "CR", "VE"};
  static const Countries* const kSouth = new Countries{"ES", "MX", "EC", "PA", "US"};
  if (country == "MX") return *kMexico;
  switch (CountryOf(country).region) {
    case Region::kMesoamerica:
      return *kCentral;
    case Region::kBrazil:
      return *kBrazil;
    case Region::kAndes:
      return *kNorthAndes;
    case Region::kSouthernCone:
      return *kSouth;
  }
  return *kSouth;
}

}  // namespace tiermark::demo
