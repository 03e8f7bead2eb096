SELECT nearest_point(ktt.location(:longitude, :latitude), :wave);
