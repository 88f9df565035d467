#include "service/call_observer.h"

namespace tiermark {

CallObserver* NoCallObserver() {
  static CallObserver observer;
  return &observer;
}

}  // namespace tiermark
