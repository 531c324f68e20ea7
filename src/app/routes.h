// The routes of the demo app. Replace routes.cc to make it your service; see docs/custom-app.md.
#pragma once

#include "app/app.h"

namespace tailrace {

void register_routes(App& app);

}  // namespace tailrace
