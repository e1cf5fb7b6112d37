package fleet

const workerOf = "FLEET_TEST_WORKER"

func beWorker(string) int { return 0 }
