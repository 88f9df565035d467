// The models, playbooks and exchange rates that come with the binary, embedded as text protos.
#pragma once

#include <vector>

#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

inline constexpr char kSegmentationModelId[] = "account-segmentation";
inline constexpr char kLeadScoringModelId[] = "lead-scoring";
inline constexpr char kRiskProfileModelId[] = "risk-profile";

// Those three in this order, each in version 1. The text is checked by the tests; a fault ends the
// process.
const std::vector<v1::ScoringModel>& ShippedModels();

// The four playbooks, version 1, from Strategic to SMB.
const std::vector<v1::Playbook>& ShippedPlaybooks();

// Version 1: USD alone.
const v1::ExchangeRates& ShippedExchangeRates();

}  // namespace tiermark
