// Which role each RPC asks for: one table for all of them.
#pragma once

#include <map>
#include <string>

#include "service/call.h"

namespace tiermark {

// By "tiermark.v1.ScoringService/EvaluateAccount". Every RPC of tiermark.v1 stands in it.
const std::map<std::string, Role>& RolesOfRpcs();

// The least role that may call the RPC. Of one that is not in the table: administrator.
Role RoleOfRpc(const std::string& rpc);

}  // namespace tiermark
