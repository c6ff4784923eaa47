# R12. The log in memory is bounded in bytes: old entries give up their data, and "log" does not show
# them any more. A follower that was away gets them nevertheless: the leader reads them from its
# disk. When the leader dies, the next leader does so for the node that was away then. No snapshot
# is needed.

nodes 3 log-memory-bytes=1000
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
isolate 3
set 1 key0 a 500
       0.106  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (500 bytes)
set 1 key1 b 500
       0.106  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (500 bytes)
set 1 key2 c 500
       0.106  node 1  is asked (3): SET key2 cccccccccccc... (500 bytes)
run 50
       0.109  node 1  commits up to 5
       0.109  node 1  answers (1): done, index 3
       0.109  node 1  answers (2): done, index 4
       0.109  node 1  answers (3): done, index 5
       0.109  world   request 1 done: OK
       0.109  world   request 2 done: OK
       0.109  world   request 3 done: OK
set 1 key3 d 500
       0.156  node 1  is asked (4): SET key3 dddddddddddd... (500 bytes)
set 1 key4 e 500
       0.156  node 1  is asked (5): SET key4 eeeeeeeeeeee... (500 bytes)
set 1 key5 f 500
       0.156  node 1  is asked (6): SET key5 ffffffffffff... (500 bytes)
run 200
       0.160  node 1  commits up to 8
       0.160  node 1  answers (4): done, index 6
       0.160  node 1  answers (5): done, index 7
       0.160  node 1  answers (6): done, index 8
       0.160  world   request 4 done: OK
       0.160  world   request 5 done: OK
       0.160  world   request 6 done: OK
log 1
       0.356  node 1  log: 1 members of 1, 2 no-op of 2, 8 command of 2
heal
run 200
status
       0.556  node 1  leader in term 2, log up to 8 of term 2, on disk 8, committed 8
       0.556  node 2  follower in term 2, log up to 8 of term 2, on disk 8, committed 8
       0.556  node 3  follower in term 2, log up to 8 of term 2, on disk 8, committed 8
isolate 3
set 1 key6 g 500
       0.556  node 1  is asked (7): SET key6 gggggggggggg... (500 bytes)
set 1 key7 h 500
       0.556  node 1  is asked (8): SET key7 hhhhhhhhhhhh... (500 bytes)
set 1 key0 i 500
       0.556  node 1  is asked (9): SET key0 iiiiiiiiiiii... (500 bytes)
set 1 key1 j 500
       0.556  node 1  is asked (10): SET key1 jjjjjjjjjjjj... (500 bytes)
run 1000
       0.559  node 1  commits up to 12
       0.559  node 1  answers (7): done, index 9
       0.559  node 1  answers (8): done, index 10
       0.559  node 1  answers (9): done, index 11
       0.559  node 1  answers (10): done, index 12
       0.559  world   request 7 done: OK
       0.559  world   request 8 done: OK
       0.559  world   request 9 done: OK
       0.559  world   request 10 done: OK
kill 1
       1.556  node 1  is killed
heal
run 3000
       2.443  node 3  is pre-candidate in term 2, leader 0, log up to 8, committed 8
       3.316  node 2  is pre-candidate in term 2, leader 0, log up to 12, committed 12
       3.318  node 2  is candidate in term 3, leader 0, log up to 12, committed 12
       3.320  node 3  is follower in term 3, leader 0, log up to 8, committed 8
       3.322  node 2  is leader in term 3, leader 2, log up to 13, committed 12
       3.323  node 3  is follower in term 3, leader 2, log up to 8, committed 8
       3.333  node 2  commits up to 13
log 2
       4.556  node 2  log: 1 members of 1, 2 no-op of 2, 13 no-op of 3
log 3
       4.556  node 3  log: 1 members of 1, 2 no-op of 2, 13 no-op of 3
status
       4.556  node 1  is down
       4.556  node 2  leader in term 3, log up to 13 of term 3, on disk 13, committed 13
       4.556  node 3  follower in term 3, log up to 13 of term 3, on disk 13, committed 13
get 3 key1
       4.556  node 3  is asked (11): GET key1
run 20
       4.561  node 3  answers (11): done, index 13
       4.561  world   request 11 done: jjjj... (500 bytes)
