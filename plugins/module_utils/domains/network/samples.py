def samples(place):
    return ()
