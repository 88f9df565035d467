// The text protos that CMake embeds; see embed.cmake.
#pragma once

namespace tiermark {

extern const char kModelsAccountSegmentation[];
extern const char kModelsLeadScoring[];
extern const char kModelsRiskProfile[];
extern const char kPlaybooksPlaybooks[];
extern const char kExchangeRates[];

}  // namespace tiermark
