// Models in the tests of the service: drafts made, published and listed in a line each.
#pragma once

#include <string>

#include "tests/service/support.h"
#include "tiermark/v1/model_service.pb.h"

namespace tiermark {

// The shipped segmentation model, without a version.
v1::ScoringModel DraftOfSegmentation();

// The same with weights of 20 for potential MRR and 40 for past-due cases, and no points for these:
// the bank goes from Strategic to Enterprise, and the fintech stays SMB.
v1::ScoringModel CasesForNothing();

// Keeps the model as a draft. The id; empty if that failed, which fails the test.
std::string KeepDraft(TestService& service, const v1::ScoringModel& model);

v1::PublishModelRequest Publish(const std::string& draft_id, bool mark = false);

// Keeps and publishes the model. What it was answered with.
v1::ModelInfo PublishNow(TestService& service, const v1::ScoringModel& model, bool mark = false);

// The versions and drafts of a model.
std::vector<v1::ModelInfo> ModelsOf(TestService& service, const std::string& model_id);

// Waits until the accounts are marked that the active segmentation model moves.
v1::ModelMarking AwaitMarking(TestService& service);

}  // namespace tiermark
