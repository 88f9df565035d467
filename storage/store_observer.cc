#include "storage/store_observer.h"

namespace tiermark {

StoreObserver* NoStoreObserver() {
  static StoreObserver observer;
  return &observer;
}

}  // namespace tiermark
