package dev.instar.cli.recovery;

/**
 * A client of a node that is killed again and again, and what it knows of the node's promises. Used by one thread at a
 * time.
 */
interface Actor {
    /**
     * Asks a node that has just started whether everything is as accepted before; to be finished once in each run
     * before {@link #act}.
     *
     * @throws AssertionError if it is not
     */
    void verify(Client client) throws NodeGoneException;

    /**
     * Makes one change or call.
     *
     * @throws AssertionError if the answer is wrong
     */
    void act(Client client) throws NodeGoneException;
}
