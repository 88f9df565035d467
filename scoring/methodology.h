// A scoring model told to people, in words and tables.
#pragma once

#include <vector>

#include "tiermark/v1/methodology.pb.h"
#include "tiermark/v1/model.pb.h"
#include "tiermark/v1/policy.pb.h"
#include "tiermark/v1/segment.pb.h"

namespace tiermark {

// What a methodology is made from. The model and the policy must be sound; a draft needs no
// version.
struct MethodologyInputs {
  const v1::ScoringModel& model;

  // Those of the segments and the policy show in the methodology of a segmentation model alone: one
  // whose bands stand for segments. A segment without a playbook says so.
  const std::vector<v1::Playbook>& playbooks;
  const v1::ReevaluationPolicy& policy;

  // The points of the model are the ones that it was shipped with, to be tuned.
  bool shipped_defaults = false;
};

// Tells how the model scores so that a reader who never saw the service can check a score by hand.
// Every number in it is the model's, a playbook's or the policy's, or one of the scale of 0 to 100.
v1::Methodology MethodologyOf(const MethodologyInputs& inputs);

}  // namespace tiermark
