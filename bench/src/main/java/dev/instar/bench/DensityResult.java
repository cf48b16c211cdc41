package dev.instar.bench;

/**
 * What many idle instances of one function cost. Memory is in KiB, for each instance beyond the first ones.
 *
 * @param function the function's name
 * @param instances how many were alive at once
 * @param first how many were alive before memory was measured, so that what they share is not counted
 * @param startsPerSecond instances brought up each second
 * @param total private pages and page tables of an instance's processes, its share of the node's growth, and kernel
 *     memory: what {@code machine.available} is to confirm
 * @param machine what the machine lost for each, by kind, other processes' doings included
 * @param instance what an instance's process holds, on average
 * @param holder what the process holds that keeps an instance's namespaces, on average
 * @param node resident memory of the node's own process, for each instance
 * @param charged what the instances' control groups are charged, for each; 0 if the machine does not tell
 * @param emptyGroup kernel memory of a control group in which nothing runs, part of {@code total}; it grows with the
 *     most file systems that the machine ever had mounted at a time
 * @param idleSeconds how long they were left alone
 * @param idleMachine what the machine lost for each meanwhile, by kind
 * @param idlePrivate private memory that an instance's process gained meanwhile, on average
 * @param answers what came of one call to each
 * @param calledMachine what the machine had lost for each after that call
 */
public record DensityResult(
        String function,
        int instances,
        int first,
        double startsPerSecond,
        double total,
        MachineMemory machine,
        ProcessMemory instance,
        ProcessMemory holder,
        double node,
        double charged,
        double emptyGroup,
        int idleSeconds,
        MachineMemory idleMachine,
        double idlePrivate,
        HeldCalls.Outcome answers,
        MachineMemory calledMachine) {
    /**
     * A process's memory.
     *
     * @param own pages mapped by it alone and differing from a file
     * @param proportional each page divided by the number of processes that map it
     * @param pageTables its page tables of the lowest level and above
     */
    public record ProcessMemory(double own, double proportional, double pageTables) {
        /** What would be free without it. */
        public double taken() {
            return own + pageTables;
        }
    }

    /** Whether every instance gave the same answer as the others. */
    public boolean complete() {
        return answers.failed() == 0 && answers.alike() == instances && answers.instances() == instances;
    }
}
